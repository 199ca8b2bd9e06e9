import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addScan } from '../../src/gate/build-evidence.js';
import { cures, evidenceVerdict } from '../../src/gate/evidence-verdict.js';
import { exceptionUses } from '../../src/gate/exception-use.js';
import { excusedEvidence } from '../../src/gate/excused-evidence.js';
import type { Finding, Report } from '../../src/gate/finding.js';
import { joinFindings } from '../../src/gate/join.js';
import { judgeFindings } from '../../src/gate/judge.js';
import { type Excuses, stateAt, verdictOf } from '../../src/gate/verdict.js';
import type { PolicyException } from '../../src/policy/policy.js';
import { AT, DIGEST, PLATFORM, POLICY, scan, scanned } from './evidence-support.js';
import { DAY, findings, gatePolicies, gatePolicy, instants, judged, web } from './support.js';

const IMAGE = { repositories: ['ghcr.io/acme/web'], digests: [DIGEST], stage: 'production' };
const END = '2026-12-31T00:00:00Z';

function exception(changes: Partial<PolicyException> = {}): PolicyException {
  return { vulnerability: 'CVE-2023-4863', reason: 'never decodes', approvedBy: 'Ann', expires: END, ...changes };
}

const excuse = (...exceptions: readonly PolicyException[]): Excuses => ({ image: IMAGE, exceptions });
const report = (list: readonly Finding[]): Report => ({ scanner: 'trivy', digests: [], repositories: [], findings: list });

/** Exceptions about everything that is overdue in web:1.0.0. */
const ALL = verdictOf(gatePolicy(), web('1.0.0'), { asOf: AT, firstSeen: {} }).findings.map(({ id }) => exception({ vulnerability: id }));

describe('an exception', () => {
  const at = (asOf: number, ...exceptions: readonly PolicyException[]) =>
    verdictOf(gatePolicy({ maxEvidenceAge: 400 * DAY }), web('1.0.0'), { asOf, firstSeen: {} }, excuse(...exceptions));

  it('keeps its finding from failing until it ends, and the finding says why', () => {
    const { findings, verdict, reason } = at(AT, exception());
    const accepted = findings.find(({ id }) => id === 'CVE-2023-4863');
    expect(accepted).toMatchObject({
      failsAt: END,
      deadline: '2023-09-16T00:00:00Z',
      excepted: { reason: 'never decodes', approvedBy: 'Ann', expires: END, source: 'policy' },
    });
    expect(accepted && [AT, Date.parse(END) - 1, Date.parse(END)].map((instant) => stateAt(accepted, instant))).toEqual([
      'excepted',
      'excepted',
      'overdue',
    ]);
    expect([verdict, reason]).toEqual(['fail', expect.stringMatching(/^6 findings are overdue, the first since .*: CVE-2024-4741/)]);
  });

  it('opens the gate until it ends, and not a moment longer', () => {
    expect(at(AT, ...ALL)).toMatchObject({ verdict: 'pass', allowed: true, gateClosesAt: END });
    expect(at(Date.parse(END) - 1, ...ALL).verdict).toBe('pass');
    expect(at(Date.parse(END), ...ALL).verdict).toBe('fail');
  });

  it('ends no sooner than the deadline', () => {
    const list = [judged({ fixReleasedAt: '2026-11-20T00:00:00Z' })];
    const soon = exception({ vulnerability: 'CVE-2026-0001', expires: '2026-11-22T00:00:00Z' });
    const verdict = verdictOf(gatePolicy(), [report(list)], { asOf: AT, firstSeen: {} }, excuse(soon));
    expect(verdict).toMatchObject({ gateClosesAt: '2026-12-04T00:00:00Z', findings: [{ excepted: { expires: '2026-11-22T00:00:00Z' } }] });
  });

  it('changes nothing once it has ended', () => {
    expect(at(Date.parse(END), ...ALL)).toEqual(at(Date.parse(END)));
  });

  it.each<[string, Partial<PolicyException>, boolean]>([
    ['its package', { package: 'libwebp' }, true],
    ['another package', { package: 'openssl' }, false],
    ['its name in another case', { vulnerability: 'cve-2023-4863' }, true],
    ['its repository', { image: 'ghcr.io/acme/web' }, true],
    ['another repository', { image: 'ghcr.io/acme/web2' }, false],
    ['its digest', { image: `ghcr.io/acme/web@${DIGEST}` }, true],
    ['another digest', { image: `ghcr.io/acme/web@${PLATFORM}` }, false],
    ['its stage', { stage: 'production' }, true],
    ['another stage', { stage: 'staging' }, false],
  ])('is compared by %s', (_, changes, applies) => {
    const found = at(AT, exception(changes)).findings.find(({ id }) => id === 'CVE-2023-4863');
    expect(found?.excepted !== undefined).toBe(applies);
  });

  it('is found by any name of the vulnerability', () => {
    const list = [judged({ aliases: ['GHSA-1'], fixReleasedAt: '2026-01-01T00:00:00Z' })];
    const { verdict } = verdictOf(
      gatePolicy(),
      [report(list)],
      { asOf: AT, firstSeen: {} },
      excuse(exception({ vulnerability: 'GHSA-1' })),
    );
    expect(verdict).toBe('pass');
  });
});

describe('exceptions on stored evidence', () => {
  const evidence = scanned('1.0.0');
  const read = (exceptions: readonly PolicyException[], at = AT, stage?: string) =>
    evidenceVerdict({ ...POLICY, exceptions, gate: gatePolicy({ maxEvidenceAge: 400 * DAY }) }, evidence, PLATFORM, at, stage);

  it('count at once, without another scan, and stop at their end', () => {
    expect(read([]).verdict).toBe('fail');
    expect(read(ALL)).toMatchObject({ verdict: 'pass', gateClosesAt: END, overdue: [], conclusive: true });
    expect(read(ALL, Date.parse(END))).toEqual(read([], Date.parse(END)));
  });

  it('are those of the stage that is asked for, wherever it was scanned', () => {
    const staging = ALL.map((each) => ({ ...each, stage: 'staging' }));
    expect([read(staging, AT, 'staging'), read(staging, AT, 'production'), read(staging)].map(({ verdict }) => verdict)).toEqual([
      'pass',
      'fail',
      'fail',
    ]);
  });

  it('are for images by their repository and any of their digests', () => {
    const images = ['ghcr.io/acme/web', `ghcr.io/acme/web@${DIGEST}`, `ghcr.io/acme/web@${PLATFORM}`, 'ghcr.io/acme/api'];
    expect(images.map((image) => read(ALL.map((each) => ({ ...each, image }))).verdict)).toEqual(['pass', 'pass', 'pass', 'fail']);
  });

  it('never tell what was cut', () => {
    const cut = addScan(undefined, scan({ findings: judgeFindings(POLICY.gate, joinFindings(web('1.0.0')), { asOf: AT, firstSeen: {} }) }));
    const [digest, whole] = Object.entries(cut.digests)[0] ?? [];
    if (digest === undefined || whole === undefined) throw new Error('no scan');
    const shorter = { ...whole, findings: whole.findings.slice(0, 3), cut: { count: 5, firstFailsAt: whole.findings[3]?.failsAt ?? '' } };
    const verdict = evidenceVerdict({ ...POLICY, exceptions: ALL }, { ...cut, digests: { [digest]: shorter } }, digest, AT);
    expect(verdict).toMatchObject({ verdict: 'unknown', gateClosesAt: shorter.cut.firstFailsAt });
  });

  it('leave an accepted finding no reason to hurry', () => {
    const fixed = evidenceVerdict(POLICY, scanned('1.0.2'), DIGEST, AT);
    expect(cures(fixed, read([]))?.id).toBe('CVE-2023-4863');
    expect(cures(fixed, read([exception()]))).toBeUndefined();
  });

  it('change what metrics tell: when the gate closes, and what is exploited', () => {
    const told = (exceptions: readonly PolicyException[]) => excusedEvidence(evidence, { exceptions, at: AT }).digests[DIGEST];
    expect([told([])?.gateClosesAt, told([])?.counts.exploited]).toEqual(['2023-09-16T00:00:00Z', 1]);
    expect([told(ALL)?.gateClosesAt, told(ALL)?.counts.exploited]).toEqual([END, 0]);
    expect(told([])).toEqual(evidence.digests[DIGEST]);
  });
});

describe('the list of exceptions', () => {
  it('says which are used, unused, expiring, expired or elsewhere', () => {
    const { findings } = verdictOf(gatePolicy(), web('1.0.0'), { asOf: AT, firstSeen: {} }, excuse(...ALL));
    const [used, expiring, expired, unused, elsewhere] = [
      exception(),
      exception({ vulnerability: 'CVE-2024-4741', expires: '2026-12-05T09:00:00Z' }),
      exception({ vulnerability: 'CVE-2024-5535', expires: '2026-11-21T09:00:00Z' }),
      exception({ vulnerability: 'CVE-1999-1' }),
      exception({ stage: 'staging' }),
    ];
    const uses = exceptionUses([used, expiring, expired, unused, elsewhere], [{ name: 'web', scope: IMAGE, findings }], AT, 14 * DAY);
    expect(uses.map((use) => [use.state, use.expiring, use.findings.map(({ id }) => id).join()])).toEqual([
      ['used', false, 'CVE-2023-4863'],
      ['used', true, 'CVE-2024-4741'],
      ['expired', false, 'CVE-2024-5535'],
      ['unused', false, ''],
      ['elsewhere', false, ''],
    ]);
  });
});

describe('exceptions, for all findings and policies', () => {
  const exceptions = fc.array(
    fc
      .record(
        {
          vulnerability: fc.constantFrom('CVE-1', 'CVE-2', 'CVE-3', 'GHSA-1', 'RHSA-1', 'GO-1'),
          package: fc.constantFrom('openssl', 'libcrypto3', 'busybox', 'curl'),
          image: fc.constantFrom('ghcr.io/acme/web', 'ghcr.io/acme/api'),
          stage: fc.constantFrom('production', 'staging'),
          reason: fc.constantFrom('a', 'b'),
          approvedBy: fc.constantFrom('Ann', 'Ben'),
          expires: instants.map((ms) => new Date(ms).toISOString()),
        },
        { requiredKeys: ['vulnerability', 'reason', 'approvedBy', 'expires'] },
      )
      .map((each) => each as PolicyException),
    { maxLength: 6 },
  );
  const verdict = (gate: ReturnType<typeof gatePolicy>, list: readonly Finding[], asOf: number, given: readonly PolicyException[]) =>
    verdictOf(gate, [report(list)], { asOf, firstSeen: {} }, excuse(...given));

  it('adding one never closes a gate', () => {
    fc.assert(
      fc.property(gatePolicies, findings, instants, exceptions, exceptions, (gate, list, asOf, some, more) => {
        if (verdict(gate, list, asOf, some).allowed) expect(verdict(gate, list, asOf, [...some, ...more]).allowed).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('a later instant never opens one', () => {
    fc.assert(
      fc.property(gatePolicies, findings, instants, fc.nat(800 * DAY), exceptions, (gate, list, asOf, later, given) => {
        if (!verdict(gate, list, asOf, given).allowed) expect(verdict(gate, list, asOf + later, given).allowed).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it('their order never matters, and one that has ended is none', () => {
    fc.assert(
      fc.property(gatePolicies, findings, instants, exceptions, (gate, list, asOf, given) => {
        const expected = verdict(gate, list, asOf, given);
        expect(verdict(gate, list, asOf, [...given].reverse())).toEqual(expected);
        const inForce = given.filter(({ expires }) => Date.parse(expires) > asOf);
        expect(verdict(gate, list, asOf, inForce)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('every finding is counted once, excepted or not', () => {
    fc.assert(
      fc.property(gatePolicies, findings, instants, exceptions, (gate, list, asOf, given) => {
        const keys = (found: ReturnType<typeof verdict>) => found.findings.map(({ id, package: name }) => `${id} ${name}`).sort();
        expect(keys(verdict(gate, list, asOf, given))).toEqual(keys(verdict(gate, list, asOf, [])));
        for (const { findings: about } of exceptionUses(
          given,
          [{ name: 'web', scope: IMAGE, findings: verdict(gate, list, asOf, given).findings }],
          asOf,
          DAY,
        )) {
          expect(new Set(about.map(({ id, package: name }) => `${id} ${name}`)).size).toBe(about.length);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('evidence says what reports say', () => {
    fc.assert(
      fc.property(gatePolicies, findings, instants, exceptions, (gate, list, asOf, given) => {
        const raw = judgeFindings(gate, joinFindings([report(list)]), { asOf, firstSeen: {} });
        const stored = addScan(undefined, scan({ findings: raw, scannedAt: asOf }));
        const policy = { ...POLICY, gate, exceptions: given };
        const [fromReports, fromEvidence] = [verdict(gate, list, asOf, given), evidenceVerdict(policy, stored, DIGEST, asOf, 'production')];
        expect([fromEvidence.verdict, fromEvidence.gateClosesAt]).toEqual([fromReports.verdict, fromReports.gateClosesAt]);
      }),
      { numRuns: 200 },
    );
  });
});
