import { describe, expect, it } from 'vitest';
import { addScan } from '../../src/gate/build-evidence.js';
import type { Evidence } from '../../src/gate/evidence.js';
import { cures, evidenceVerdict, improves } from '../../src/gate/verdict.js';
import { AT, DIGEST, PLATFORM, POLICY, scan, scanned } from './evidence-support.js';
import { DAY, gatePolicy, HOUR, judged } from './support.js';

const OTHER = `sha256:${'c'.repeat(64)}`;
const DUE = judged({ failsAt: '2026-12-01T00:00:00Z' });
const OVERDUE = judged({ id: 'CVE-2026-0002', failsAt: '2026-11-01T00:00:00Z' });
const FAILED = [{ kind: 'trivy', status: 'ok' } as const, { kind: 'grype', status: 'timeout' } as const];

const verdict = (evidence: Evidence | undefined, at = AT, digest: string | readonly string[] = DIGEST) =>
  evidenceVerdict(POLICY, evidence, digest, at);

describe('the verdict on stored evidence', () => {
  it.each<[string, Evidence | undefined, number, string, string]>([
    ['clean', addScan(undefined, scan()), AT, 'pass', 'no finding has a deadline'],
    [
      'due',
      addScan(undefined, scan({ findings: [DUE] })),
      AT,
      'pass',
      'the gate closes at 2026-12-01T00:00:00Z, when CVE-2026-0001 in openssl is',
    ],
    [
      'overdue',
      addScan(undefined, scan({ findings: [OVERDUE] })),
      AT,
      'fail',
      '1 finding is overdue, the first since 2026-11-01T00:00:00Z',
    ],
    ['overdue, stale', addScan(undefined, scan({ findings: [OVERDUE] })), AT + 30 * DAY, 'fail', 'overdue'],
    ['overdue, incomplete', addScan(undefined, scan({ findings: [OVERDUE], runs: FAILED })), AT, 'fail', 'overdue'],
    ['due by now, stale', addScan(undefined, scan({ findings: [DUE] })), Date.UTC(2026, 11, 1), 'fail', 'overdue'],
    ['missing', undefined, AT, 'unknown', 'no evidence yet'],
    ['of another policy', addScan(undefined, scan({ policy: { hash: 'other' }, findings: [OVERDUE] })), AT, 'unknown', 'another policy'],
    [
      'of another version',
      { schemaVersion: 2, policyHash: 'abc', repository: '', digests: {} },
      AT,
      'unknown',
      'schema version 2, and this release reads 1: a newer release wrote it. Use that one, or scan again',
    ],
    ['of another digest', addScan(undefined, scan({ digest: OTHER, platforms: {} })), AT, 'unknown', `no evidence for ${DIGEST}`],
    ['as old as allowed', addScan(undefined, scan()), AT + 36 * HOUR, 'pass', 'no finding'],
    ['older', addScan(undefined, scan()), AT + 36 * HOUR + 1, 'unknown', 'older than 36h'],
    ['incomplete', addScan(undefined, scan({ runs: FAILED })), AT, 'unknown', 'is incomplete: grype was not done in time'],
    ['of no scanner', addScan(undefined, scan({ runs: [] })), AT, 'unknown', 'is incomplete'],
  ])('%s', (_, evidence, at, expected, reason) => {
    const found = verdict(evidence, at);
    expect(found.verdict).toBe(expected);
    expect(found.reason).toContain(reason);
    expect(found.allowed).toBe(expected === 'pass');
  });

  it('past its cut is unknown, and before it is not', () => {
    const whole = addScan(undefined, scan());
    const cut = { count: 3, firstFailsAt: '2026-11-21T10:00:00Z' };
    const evidence = { ...whole, digests: { [DIGEST]: { ...whole.digests[DIGEST]!, cut } } };
    expect(verdict(evidence, Date.parse(cut.firstFailsAt) - 1).verdict).toBe('pass');
    expect(verdict(evidence, Date.parse(cut.firstFailsAt))).toMatchObject({ verdict: 'unknown', conclusive: false });
  });

  it('that is unknown is let through where the policy only warns', () => {
    const warning = { hash: 'abc', gate: gatePolicy({ onMissingEvidence: 'warn' }) };
    expect(evidenceVerdict(warning, undefined, DIGEST, AT)).toMatchObject({ verdict: 'unknown', allowed: true });
    expect(evidenceVerdict(warning, scanned('1.0.0'), DIGEST, AT)).toMatchObject({ verdict: 'fail', allowed: false });
  });

  it.each<[string, string | readonly string[]]>([
    ['the index', DIGEST],
    ['a platform', PLATFORM],
    ['a list of which one is known', [OTHER, PLATFORM]],
  ])('is found by the digest of %s', (_, digest) => {
    expect(verdict(scanned('1.0.0'), AT, digest)).toMatchObject({ verdict: 'fail', overdue: { length: 7 } });
  });

  it('is that of the newest scan where a digest was scanned as index and as platform', () => {
    const older = addScan(undefined, scan({ digest: PLATFORM, platforms: {}, scannedAt: AT - DAY, findings: [OVERDUE] }));
    expect(verdict(addScan(older, scan()), AT, PLATFORM).verdict).toBe('pass');
  });
});

describe('improves', () => {
  const [a, b, c] = ['CVE-1', 'CVE-2', 'CVE-3'].map((id) => judged({ id, failsAt: '2026-11-01T00:00:00Z' }));
  const of = (...overdue: readonly (typeof a)[]) => verdict(addScan(undefined, scan({ findings: overdue.map((one) => one!) })));

  it.each<[string, ReturnType<typeof of>, ReturnType<typeof of>, boolean]>([
    ['fewer of the same', of(a), of(a, b), true],
    ['none', of(), of(a), true],
    ['the same', of(a, b), of(b, a), false],
    ['fewer, but another one', of(c), of(a, b), false],
    ['more', of(a, b), of(a), false],
    ['nothing to improve', of(), of(), false],
  ])('%s', (_, candidate, running, expected) => {
    expect(improves(candidate, running)).toBe(expected);
  });

  it('not by the same vulnerability in another package', () => {
    const elsewhere = judged({ id: 'CVE-1', package: 'curl', failsAt: '2026-11-01T00:00:00Z' });
    expect(improves(of(elsewhere), of(a, b))).toBe(false);
  });

  it('not by evidence that does not tell everything', () => {
    const incomplete = verdict(addScan(undefined, scan({ findings: [a!], runs: FAILED })));
    expect(improves(incomplete, of(a, b))).toBe(false);
    const stale = verdict(addScan(undefined, scan({ findings: [a!, b!], runs: FAILED })));
    expect(improves(of(a), stale)).toBe(true);
  });

  it('from web:1.0.0 to web:1.0.1, which still has one of its overdue findings', () => {
    const running = verdict(scanned('1.0.0'));
    const candidate = verdict(scanned('1.0.1'));
    expect(candidate.overdue.map(({ id }) => id)).toEqual(['CVE-2024-9143']);
    expect(improves(candidate, running)).toBe(true);
    expect(improves(running, candidate)).toBe(false);
  });
});

describe('cures', () => {
  it('names the exploited finding that web:1.0.1 lacks', () => {
    const [running, candidate] = [verdict(scanned('1.0.0')), verdict(scanned('1.0.1'))];
    expect(cures(candidate, running)).toMatchObject({ id: 'CVE-2023-4863', package: 'libwebp' });
    expect(cures(running, candidate)).toBeUndefined();
    expect(cures(running, running)).toBeUndefined();
  });

  it('claims nothing from evidence that is missing, incomplete, or cut before its last exploited finding', () => {
    const running = verdict(scanned('1.0.0'));
    const clean = addScan(undefined, scan());
    const hidden = { ...clean.digests[DIGEST]!, counts: { ...clean.digests[DIGEST]!.counts, exploited: 1 }, cut: { count: 1 } };
    for (const candidate of [undefined, addScan(undefined, scan({ runs: FAILED })), { ...clean, digests: { [DIGEST]: hidden } }]) {
      expect(cures(verdict(candidate), running)).toBeUndefined();
    }
    expect(cures(verdict(clean), running)).toBeDefined();
  });
});
