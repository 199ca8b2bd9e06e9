import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding, Report } from '../../src/gate/finding.js';
import { stateAt, verdictOf } from '../../src/gate/verdict.js';
import type { GatePolicy } from '../../src/policy/policy.js';
import { DAY, finding, findings, gatePolicies, gatePolicy, HOUR, instants, web } from './support.js';

const AS_OF = Date.UTC(2026, 10, 21, 9);
const context = { asOf: AS_OF, firstSeen: {} };

function report(list: readonly Finding[], changes: Partial<Report> = {}): Report {
  return { scanner: 'trivy', digests: [], repositories: [], findings: list, ...changes };
}

describe('the verdict on real reports', () => {
  it('fails web:1.0.0 by seven overdue findings, the exploited one first', () => {
    const verdict = verdictOf(gatePolicy(), web('1.0.0'), context);
    expect(verdict).toMatchObject({ verdict: 'fail', allowed: false, gateClosesAt: '2023-09-16T00:00:00Z' });
    expect(verdict.reason).toBe('7 findings are overdue, the first since 2023-09-16T00:00:00Z: CVE-2023-4863 in libwebp');
    expect(verdict.findings.map((finding) => `${finding.id} ${stateAt(finding, AS_OF)}`)).toEqual([
      'CVE-2023-4863 overdue',
      'CVE-2024-4741 overdue',
      'CVE-2024-5535 overdue',
      'CVE-2023-42366 overdue',
      'CVE-2023-42363 overdue',
      'CVE-2023-42364 overdue',
      'CVE-2024-9143 overdue',
      'CVE-2024-13176 reported',
    ]);
  });

  it('passes web:1.0.2, whose only finding has no fix', () => {
    expect(verdictOf(gatePolicy(), web('1.0.2'), context)).toMatchObject({
      verdict: 'pass',
      allowed: true,
      reason: 'no finding has a deadline',
      findings: [{ id: 'CVE-2024-13176', reason: 'no fix yet: reported only' }],
    });
  });

  it.each([
    ['2025-01-14T23:59:59.999Z', 'pass', 'due'],
    ['2025-01-15T00:00:00Z', 'fail', 'overdue'],
  ])('on web:1.0.1 at %s is %s', (at, verdict, state) => {
    const found = verdictOf(gatePolicy(), web('1.0.1'), { asOf: Date.parse(at), firstSeen: {} });
    expect(found).toMatchObject({ verdict, gateClosesAt: '2025-01-15T00:00:00Z' });
    expect(found.findings.map((finding) => stateAt(finding, Date.parse(at)))).toEqual([state, 'reported']);
  });

  it('is the same from one scanner as from two, where that scanner dates fixes', () => {
    const [, grype] = web('1.0.0');
    expect(verdictOf(gatePolicy(), [grype!], context).reason).toBe(verdictOf(gatePolicy(), web('1.0.0'), context).reason);
  });
});

describe('reports that are too old', () => {
  const created = { createdAt: '2026-11-20T00:00:00Z' };
  const end = Date.UTC(2026, 10, 20) + 36 * HOUR;

  it.each<[string, readonly Finding[], number, GatePolicy['onMissingEvidence'], string, boolean]>([
    ['as old as allowed', [], end, 'block', 'pass', true],
    ['older, blocked', [], end + 1, 'block', 'unknown', false],
    ['older, warned about', [], end + 1, 'warn', 'unknown', true],
    ['older, but overdue all the same', [finding({ fixReleasedAt: '2026-01-01T00:00:00Z' })], end + 1, 'warn', 'fail', false],
  ])('%s', (_, list, asOf, onMissingEvidence, verdict, allowed) => {
    expect(verdictOf(gatePolicy({ onMissingEvidence }), [report(list, created)], { asOf, firstSeen: {} })).toMatchObject({
      verdict,
      allowed,
    });
  });

  it('counts the oldest of several, and says how old is too old', () => {
    const reports = [report([], { createdAt: '2026-11-21T08:00:00Z' }), report([], created)];
    expect(verdictOf(gatePolicy(), reports, { asOf: end + 1, firstSeen: {} }).reason).toBe(
      'the report of 2026-11-20T00:00:00Z is older than 36h (maxEvidenceAge): scan again',
    );
  });

  it('are no reports at all: unknown', () => {
    expect(verdictOf(gatePolicy(), [], context)).toMatchObject({ verdict: 'unknown', allowed: false, reason: 'there is no report' });
  });
});

describe('the verdict, for all findings and policies', () => {
  it('is never opened by a later instant', () => {
    fc.assert(
      fc.property(
        gatePolicies,
        findings,
        instants,
        fc.nat(800 * DAY),
        fc.option(instants, { nil: undefined }),
        (gate, list, asOf, later, created) => {
          const reports = [report(list, created === undefined ? {} : { createdAt: new Date(created).toISOString() })];
          const at = (instant: number) => verdictOf(gate, reports, { asOf: instant, firstSeen: {} });
          if (!at(asOf).allowed) expect(at(asOf + later).allowed).toBe(false);
          if (at(asOf).verdict === 'fail') expect(at(asOf + later).verdict).toBe('fail');
        },
      ),
      { numRuns: 300 },
    );
  });

  it('does not depend on the order of reports or findings', () => {
    fc.assert(
      fc.property(
        gatePolicies,
        findings.chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray([...list], { minLength: list.length }), fc.nat(list.length)),
        ),
        instants,
        (gate, [list, shuffled, split], asOf) => {
          const at = { asOf, firstSeen: {} };
          const [a, b] = [report(shuffled.slice(0, split)), report(shuffled.slice(split), { scanner: 'grype' })];
          const expected = verdictOf(gate, [report(list)], at);
          expect(verdictOf(gate, [a, b], at)).toEqual(expected);
          expect(verdictOf(gate, [b, a, a], at)).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is never made milder by one more finding', () => {
    fc.assert(
      fc.property(gatePolicies, findings, findings, instants, (gate, list, more, asOf) => {
        const at = { asOf, firstSeen: {} };
        // A name shared with another package would only say that two findings are one.
        const apart = more.map((one) => ({ ...one, id: `${one.id}-b`, aliases: [] }));
        if (!verdictOf(gate, [report(list)], at).allowed) expect(verdictOf(gate, [report(list), report(apart)], at).allowed).toBe(false);
      }),
    );
  });
});
