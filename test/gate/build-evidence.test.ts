import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addScan, DIGESTS_KEPT } from '../../src/gate/build-evidence.js';
import { EVIDENCE_BYTES, fitted } from '../../src/gate/cut.js';
import { joinFindings } from '../../src/gate/join.js';
import { judgeFindings } from '../../src/gate/judge.js';
import { parseEvidence } from '../../src/gate/parse-evidence.js';
import { evidenceVerdict } from '../../src/gate/verdict.js';
import { AT, DIGEST, POLICY, scan, scanned } from './evidence-support.js';
import { DAY, findings, gatePolicies, HOUR, instants, judged } from './support.js';

const digest = (index: number) => `sha256:${index.toString(16).padStart(64, '0')}`;
const size = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

describe('addScan', () => {
  it('stores the findings of web:1.0.0, most urgent first, and counts them', () => {
    const evidence = scanned('1.0.0');
    expect(evidence).toMatchObject({ schemaVersion: 1, policyHash: 'abc', repository: 'ghcr.io/acme/web' });
    const stored = evidence.digests[DIGEST]!;
    expect(stored).toMatchObject({
      scannedAt: '2026-11-21T09:00:00Z',
      complete: true,
      gateClosesAt: '2023-09-16T00:00:00Z',
      counts: {
        critical: { fixable: 1, unfixable: 0 },
        high: { fixable: 2, unfixable: 0 },
        medium: { fixable: 4, unfixable: 1 },
        low: { fixable: 0, unfixable: 0 },
        unknown: { fixable: 0, unfixable: 0 },
        exploited: 1,
      },
    });
    expect(stored.cut).toBeUndefined();
    expect(stored.findings).toHaveLength(8);
    expect(stored.findings[0]).toEqual({
      id: 'CVE-2023-4863',
      aliases: [],
      package: 'libwebp',
      version: '1.3.0-r3',
      severity: 'high',
      fixedIn: ['1.3.1-r1'],
      exploited: true,
      anchor: 'fixReleased',
      anchorAt: '2023-09-13T00:00:00Z',
      deadline: '2023-09-16T00:00:00Z',
      failsAt: '2023-09-16T00:00:00Z',
    });
  });

  it('keeps other digests, replaces the same one, and lists the newest first', () => {
    const first = scanned('1.0.0');
    const second = scanned('1.0.1', { digest: digest(2), scannedAt: AT + HOUR }, first);
    expect(Object.keys(second.digests)).toEqual([digest(2), DIGEST]);
    expect(second.digests[DIGEST]).toEqual(first.digests[DIGEST]);
    const third = scanned('1.0.2', { scannedAt: AT + 2 * HOUR }, second);
    expect(Object.keys(third.digests)).toEqual([DIGEST, digest(2)]);
    expect(third.digests[DIGEST]!.findings).toHaveLength(1);
  });

  it('keeps a number of digests, the newest scans', () => {
    const evidence = Array.from({ length: DIGESTS_KEPT + 3 }, (_, index) => index).reduce(
      (previous, index) => addScan(previous, scan({ digest: digest(index), scannedAt: AT + index * HOUR })),
      addScan(undefined, scan({ scannedAt: AT - DAY })),
    );
    expect(Object.keys(evidence.digests)).toEqual([10, 9, 8, 7, 6, 5, 4, 3].map(digest));
  });

  it.each<[string, object]>([
    ['policy', { policyHash: 'other' }],
    ['repository', { repository: 'ghcr.io/acme/other' }],
    ['schema version', { schemaVersion: 2 }],
  ])('drops evidence of another %s', (_, changes) => {
    const previous = { ...scanned('1.0.0', { digest: digest(1) }), ...changes };
    expect(Object.keys(addScan(previous, scan()).digests)).toEqual([DIGEST]);
  });

  it('keeps what the last scan found where a scanner failed', () => {
    const runs = [{ kind: 'trivy', status: 'ok' } as const, { kind: 'grype', status: 'failed', message: `x${'y'.repeat(5000)}` } as const];
    const evidence = scanned('1.0.1', { runs, scannedAt: AT + HOUR }, scanned('1.0.0'));
    const stored = evidence.digests[DIGEST]!;
    expect(stored.complete).toBe(false);
    expect(stored.scanners[1]?.message).toHaveLength(1000);
    expect(stored.findings).toHaveLength(8);
    expect(stored.counts).toEqual(scanned('1.0.0').digests[DIGEST]!.counts);
    expect(evidenceVerdict(POLICY, evidence, DIGEST, AT + HOUR).verdict).toBe('fail');
    expect(scanned('1.0.1', { scannedAt: AT + 2 * HOUR }, evidence).digests[DIGEST]!.findings).toHaveLength(2);
  });

  it('is read back as it was written', () => {
    const evidence = scanned('1.0.1', { digest: digest(2) }, scanned('1.0.0'));
    expect(parseEvidence(JSON.stringify(evidence))).toEqual(evidence);
  });
});

describe('evidence that does not fit', () => {
  const many = (count: number, start = 0) =>
    Array.from({ length: count }, (_, index) =>
      judged({
        id: `CVE-2026-${String(start + index).padStart(6, '0')}`,
        failsAt: new Date(AT + index * HOUR).toISOString().replace('.000Z', 'Z'),
      }),
    );

  it('is cut, the least urgent findings first, and says so', () => {
    const findings = many(10_000);
    const evidence = addScan(undefined, scan({ findings: [...findings].reverse() }));
    const stored = evidence.digests[DIGEST]!;
    const kept = stored.findings.length;
    expect(size(evidence)).toBeLessThanOrEqual(EVIDENCE_BYTES);
    expect(size(evidence)).toBeGreaterThan(EVIDENCE_BYTES * 0.98);
    expect(stored.findings.map(({ id }) => id)).toEqual(findings.slice(0, kept).map(({ id }) => id));
    expect(stored.cut).toEqual({ count: 10_000 - kept, firstFailsAt: findings[kept]!.failsAt });
    expect(stored.counts.high.fixable).toBe(10_000);
    expect(parseEvidence(JSON.stringify(evidence))).toEqual(evidence);
  });

  it('gives what small digests leave to the large ones', () => {
    const small = addScan(undefined, scan({ digest: digest(1), findings: many(10) }));
    const both = addScan(small, scan({ findings: many(10_000) }));
    expect(both.digests[digest(1)]).toEqual(small.digests[digest(1)]);
    const two = addScan(addScan(undefined, scan({ digest: digest(1), findings: many(9_000) })), scan({ findings: many(10_000) }));
    const [one, other] = [two.digests[digest(1)]!, two.digests[DIGEST]!];
    expect(size(two)).toBeLessThanOrEqual(EVIDENCE_BYTES);
    expect(Math.abs(one.findings.length - other.findings.length)).toBeLessThan(10);
    expect([one.findings.length + one.cut!.count, other.findings.length + other.cut!.count]).toEqual([9_000, 10_000]);
    expect(both.digests[DIGEST]!.findings.length).toBeGreaterThan(other.findings.length * 1.9);
  });

  it('says when none of the cut findings ever fails', () => {
    const findings = Array.from({ length: 10_000 }, (_, index) => judged({ id: `CVE-${index}`, fixedIn: [] }));
    const { cut } = addScan(undefined, scan({ findings })).digests[DIGEST]!;
    expect(cut!.count).toBeGreaterThan(1_000);
    expect(cut).not.toHaveProperty('firstFailsAt');
  });

  it('is never judged milder than the whole, at any instant, for any size', () => {
    fc.assert(
      fc.property(
        gatePolicies,
        findings,
        instants,
        instants,
        fc.integer({ min: 2_100, max: 5_000 }),
        (gate, list, scannedAt, at, bytes) => {
          const policy = { hash: 'abc', gate };
          const found = judgeFindings(gate, joinFindings([{ findings: list }]), { asOf: scannedAt, firstSeen: {} });
          const whole = addScan(undefined, scan({ policy, scannedAt, findings: found }));
          const cut = { ...whole, digests: fitted(Object.entries(whole.digests), bytes) };
          const twice = { ...whole, digests: fitted(Object.entries(fitted(Object.entries(whole.digests), bytes + 500)), bytes) };
          const expected = evidenceVerdict(policy, whole, DIGEST, at);
          for (const evidence of [cut, twice]) {
            const verdict = evidenceVerdict(policy, evidence, DIGEST, at);
            if (!expected.allowed) expect(verdict.allowed).toBe(false);
            if (expected.verdict === 'fail') expect(verdict.verdict).toBe('fail');
            const { findings: kept, cut: said } = evidence.digests[DIGEST]!;
            expect(kept.length + (said?.count ?? 0)).toBe(found.length);
            if (verdict.conclusive) expect(verdict.overdue).toEqual(expected.overdue);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('parseEvidence', () => {
  it.each([undefined, '', ' \n'])('takes %o as nothing stored yet', (text) => {
    expect(parseEvidence(text)).toBeUndefined();
  });

  it('reads only the version of what it does not know', () => {
    expect(parseEvidence('{"schemaVersion": 7, "images": []}')).toEqual({ schemaVersion: 7, policyHash: '', repository: '', digests: {} });
  });

  const with_ = (change: (scan: Record<string, unknown>) => void) => {
    const evidence = JSON.parse(JSON.stringify(scanned('1.0.1')));
    change(evidence.digests[DIGEST]);
    return JSON.stringify(evidence);
  };

  it.each<[string, string, string]>([
    ['half of it', JSON.stringify(scanned('1.0.0')).slice(0, 400), 'not whole JSON'],
    ['a list', '[]', '$: is not what was expected there (expected an object'],
    ['no version', '{}', '$.schemaVersion: is not what was expected there (expected a number, received nothing)'],
    ['no digests', '{"schemaVersion":1,"policyHash":"a","repository":"b"}', '$.digests: '],
    [
      'no findings',
      with_((one) => Reflect.deleteProperty(one, 'findings')),
      '.findings: is not what was expected there (expected a value, received nothing)',
    ],
    ['no time', with_((one) => Reflect.deleteProperty(one, 'scannedAt')), '.scannedAt: '],
    [
      'a severity of its own',
      with_((one) => Object.assign((one.findings as object[])[0]!, { severity: 'huge' })),
      '.findings[0].severity: is not what was expected there (expected one of critical, high, medium, low, unknown, received "huge")',
    ],
    [
      'a deadline that is none',
      with_((one) => Object.assign((one.findings as object[])[0]!, { failsAt: 'never' })),
      '.findings[0].failsAt: is not what was expected there (expected a date, received "never")',
    ],
    [
      'a platform without a digest',
      with_((one) => Object.assign(one, { platforms: { 'linux/amd64': null } })),
      '.platforms.linux/amd64: is not',
    ],
  ])('refuses %s', (_, text, expected) => {
    expect(() => parseEvidence(text, 'ConfigMap e')).toThrow(expected);
    expect(() => parseEvidence(text, 'ConfigMap e')).toThrow('ConfigMap e');
  });
});
