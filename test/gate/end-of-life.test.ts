import { describe, expect, it } from 'vitest';
import { addScan } from '../../src/gate/build-evidence.js';
import { parseEvidence } from '../../src/gate/parse-evidence.js';
import { readReport } from '../../src/gate/read-report.js';
import { evidenceVerdict, improves, verdictOf } from '../../src/gate/verdict.js';
import type { GatePolicy } from '../../src/policy/policy.js';
import { AT, DIGEST, POLICY, scan } from './evidence-support.js';
import { fixture, gatePolicy, judged } from './support.js';

const MOVE = 'alpine 3.19.1 has reached its end of life and gets no more fixes: move to a newer release';
const overdue = judged({ failsAt: '2026-11-01T00:00:00Z' });
const verdict = (changes: Parameters<typeof scan>[0], endOfLife: GatePolicy['endOfLife'] = 'block') =>
  evidenceVerdict({ ...POLICY, gate: gatePolicy({ endOfLife }) }, addScan(undefined, scan(changes)), DIGEST, AT);
const ENDED = { endOfLife: 'alpine 3.19.1' };

describe('the end of a distribution’s life', () => {
  it('is read from Trivy’s report', () => {
    expect(fixture('trivy-web-1.0.2.json').endOfLife).toBe('alpine 3.19.1');
    const os = (OS: unknown) => readReport(JSON.stringify({ SchemaVersion: 2, Metadata: { OS } }), 'trivy.json').endOfLife;
    expect(os({ Family: 'alpine', Name: '3.22.1' })).toBeUndefined();
    expect(os({ Family: 'alpine', Name: '3.22.1', EOSL: false })).toBeUndefined();
    expect(os({ Family: 'wolfi', EOSL: true })).toBe('wolfi');
    expect(os({ EOSL: true })).toBe('the distribution');
  });

  it.each([
    ['block', 'fail', false, MOVE],
    ['warn', 'pass', true, 'no finding has a deadline'],
    ['ignore', 'pass', true, 'no finding has a deadline'],
  ] as const)('%s: the verdict on reports and on evidence is %s', (endOfLife, expected, allowed, reason) => {
    const report = { ...fixture('trivy-web-1.0.2.json'), findings: [] };
    const ofReports = verdictOf(gatePolicy({ endOfLife }), [report], { asOf: AT, firstSeen: {} });
    expect(ofReports).toMatchObject({ verdict: expected, allowed, reason, endOfLife: 'alpine 3.19.1' });
    expect(verdict(ENDED, endOfLife)).toMatchObject({ verdict: expected, allowed, reason });
  });

  it('is told beside what is overdue', () => {
    expect(verdict({ ...ENDED, findings: [overdue] }).reason).toMatch(/^1 finding is overdue, .*; alpine 3\.19\.1 has reached/);
  });

  it('fails an image though its scan is stale or incomplete, and is kept when a scanner failed', () => {
    const before = addScan(undefined, scan(ENDED));
    const failed = addScan(before, scan({ runs: [{ kind: 'trivy', status: 'failed' }] }));
    const policy = { ...POLICY, gate: gatePolicy({ endOfLife: 'block' }) };
    expect(evidenceVerdict(policy, failed, DIGEST, AT + 400 * 3_600_000)).toMatchObject({
      verdict: 'fail',
      reason: MOVE,
      conclusive: false,
    });
    expect(evidenceVerdict(policy, addScan(before, scan()), DIGEST, AT).verdict).toBe('pass');
  });

  it('is stored and read back, and older evidence says nothing about it', () => {
    const evidence = addScan(undefined, scan(ENDED));
    expect(parseEvidence(JSON.stringify(evidence))).toEqual(evidence);
    const older = parseEvidence(JSON.stringify(addScan(undefined, scan())));
    expect(older?.schemaVersion).toBe(1);
    expect(older?.digests[DIGEST]).not.toHaveProperty('endOfLife');
  });

  it.each([
    ['a newer distribution with the same overdue findings', { findings: [overdue] }, { ...ENDED, findings: [overdue] }, true],
    ['fewer overdue findings on the same one', ENDED, { ...ENDED, findings: [overdue] }, true],
    ['fewer overdue findings on one that ended', ENDED, { findings: [overdue] }, false],
    ['the same', ENDED, ENDED, false],
  ])('%s improves: %s', (_, candidate, running, expected) => {
    expect(improves(verdict(candidate), verdict(running))).toBe(expected);
  });
});
