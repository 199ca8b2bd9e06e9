import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEvidence } from '../../src/gate/parse-evidence.js';
import { readReport } from '../../src/gate/read-report.js';
import { verdictOf } from '../../src/gate/verdict.js';
import { isPatchwayError } from '../../src/problem.js';
import { scanned } from './evidence-support.js';
import { fixtureText, gatePolicy, NAMES, web } from './support.js';

const junk = fc.constantFrom<unknown>(null, '', 'x', -1, 1e300, true, [], {}, [null], [[]], { a: 1 }, '2026-02-30', '\u0000');

/** Replaces or removes one value somewhere in a document; `steps` choose the way down. */
function mutate(value: unknown, steps: readonly number[], put: unknown): unknown {
  const [step, ...rest] = steps;
  if (step === undefined || typeof value !== 'object' || value === null) return put;
  const keys = Object.keys(value);
  const key = keys[step % Math.max(keys.length, 1)];
  if (key === undefined) return put;
  const changed = mutate((value as Record<string, unknown>)[key], rest, put);
  return Array.isArray(value) ? value.map((element, index) => (String(index) === key ? changed : element)) : { ...value, [key]: changed };
}

function outcome(text: string): 'verdict' | 'error' {
  try {
    const report = readReport(text, 'report.json');
    const { verdict } = verdictOf(gatePolicy(), [report, ...web('1.0.1')], { asOf: Date.UTC(2026, 10, 21), firstSeen: {} });
    expect(['pass', 'fail', 'unknown']).toContain(verdict);
    return 'verdict';
  } catch (error) {
    if (!isPatchwayError(error)) throw error;
    expect(error.exitCode).toBe(65);
    expect(error.message).toContain('report.json');
    return 'error';
  }
}

describe.each(NAMES)('%s', (name) => {
  const text = fixtureText(name);
  const document: unknown = JSON.parse(text);

  it('ends in a verdict or a clear error, whatever value is changed', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { maxLength: 8 }), fc.oneof(junk, fc.constant(undefined)), (steps, put) => {
        outcome(JSON.stringify(mutate(document, steps, put)) ?? '');
      }),
      { numRuns: 300 },
    );
  });

  it('ends in a clear error, wherever it is cut off', () => {
    fc.assert(
      fc.property(fc.nat(text.trimEnd().length - 1), (length) => {
        expect(outcome(text.slice(0, length))).toBe('error');
      }),
    );
  });

  it('ends in a verdict or a clear error, whatever characters are overwritten', () => {
    fc.assert(
      fc.property(fc.nat(text.length), fc.string({ maxLength: 5 }), (position, put) => {
        outcome(text.slice(0, position) + put + text.slice(position + put.length));
      }),
    );
  });
});

describe('stored evidence', () => {
  const document: unknown = JSON.parse(JSON.stringify(scanned('1.0.0')));

  it('is read or refused with a clear error, whatever value is changed', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 7 }), fc.oneof(junk, fc.constant(undefined)), (steps, put) => {
        try {
          parseEvidence(JSON.stringify(mutate(document, steps, put)), 'ConfigMap e');
        } catch (error) {
          if (!isPatchwayError(error)) throw error;
          expect(error.exitCode).toBe(65);
          expect(error.message).toContain('ConfigMap e');
        }
      }),
      { numRuns: 500 },
    );
  });
});
