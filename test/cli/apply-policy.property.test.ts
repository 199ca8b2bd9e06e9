import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adoptStream } from '../../src/cli/apply-policy-stream.js';
import { readStream } from '../../src/cli/yaml-stream.js';
import { parseLock } from '../../src/lock/parse.js';
import { readPolicy } from '../../src/policy/load.js';
import { LOCK, POLICY } from './apply-policy-support.js';
import { anyStream } from './arbitrary-stream.js';

const policy = readPolicy(POLICY, 'p.yaml').policy!;
const rules = { policy, stage: policy.stage('production'), lock: parseLock(LOCK, 'l') };

function apply(text: string) {
  const stream = readStream(text, 'f');
  expect(stream.problems).toEqual([]);
  return adoptStream(text, stream, rules, 'f');
}

const valuesOf = (text: string) => readStream(text, 'f').documents.map(({ value }) => value);

describe('any stream, in any style', () => {
  it('differs in what the policy governs and nothing else', () => {
    fc.assert(
      fc.property(anyStream, ({ text }) => {
        const { text: result, findings } = apply(text);
        expect(findings.filter(({ problem }) => problem.severity === 'error')).toEqual([]);
        expect(valuesOf(result).map(ungoverned)).toEqual(valuesOf(text).map(ungoverned));
      }),
      { numRuns: 200 },
    );
  });

  it('means the same whatever style it was written in', () => {
    fc.assert(
      fc.property(anyStream, ({ text, documents }) => {
        const plain = documents.map((document) => `---\n${JSON.stringify(document)}\n`).join('');
        expect(valuesOf(apply(text).text)).toEqual(valuesOf(apply(plain).text));
      }),
      { numRuns: 100 },
    );
  });

  it('keeps every line that no edited field is on, and every comment', () => {
    fc.assert(
      fc.property(anyStream, ({ text }) => {
        const result = apply(text).text;
        expect(
          isSubsequence(
            text.split(/\r?\n/).filter((line) => !EDITED.test(line)),
            result.split(/\r?\n/),
          ),
        ).toBe(true);
        if (text.includes('\r\n')) expect(result.replaceAll('\r\n', '')).not.toContain('\n');
        expect(isSubsequence(text.match(COMMENT) ?? [], result.match(COMMENT) ?? [])).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('is the same bytes the second time', () => {
    fc.assert(
      fc.property(anyStream, ({ text }) => {
        const once = apply(text).text;
        expect(apply(once).text).toBe(once);
      }),
      { numRuns: 200 },
    );
  });
});

/** Lines that may change: those in braces hold all sorts of fields, and those with an alias may have to be written out. */
const EDITED =
  /[{[*]|image|trategy|rollingUpdate|maxSurge|maxUnavailable|minReadySeconds|progressDeadlineSeconds|revisionHistoryLimit|type|labels|null|~|GracePeriod|lifecycle|preStop|nginx|busybox/;
const COMMENT = /# comment \d+/g;

function isSubsequence(few: readonly string[], many: readonly string[]): boolean {
  let next = 0;
  for (const each of many) if (next < few.length && each === few[next]) next += 1;
  return next === few.length;
}

const GOVERNED = new Set([
  'image',
  'strategy',
  'updateStrategy',
  'minReadySeconds',
  'progressDeadlineSeconds',
  'revisionHistoryLimit',
  'lifecycle',
  'terminationGracePeriodSeconds',
  'topologySpreadConstraints',
  'patchway.dev/policy',
  'patchway.dev/stage',
]);

/** A value without what the policy governs; `null` and no labels are as good as none. */
function ungoverned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ungoverned);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([key]) => !GOVERNED.has(key));
  const kept = fields.map(([key, field]) => [key, ungoverned(field)] as const);
  return Object.fromEntries(kept.filter(([key, field]) => key !== 'labels' || (field !== null && Object.keys(Object(field)).length > 0)));
}
