import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/gate/finding.js';
import { joinFindings } from '../../src/gate/join.js';
import { judgeFindings } from '../../src/gate/judge.js';
import type { GatePolicy } from '../../src/policy/policy.js';
import { DAY, finding, findings, gatePolicies, gatePolicy, instants, web } from './support.js';

const AS_OF = Date.UTC(2026, 10, 21);
const ASSUMED_NOW = '2026-11-21T00:00:00Z';

function judge(
  found: Partial<Finding>,
  gate: Partial<GatePolicy> = {},
  context: { firstSeen?: Record<string, string>; releasedAt?: string } = {},
) {
  const [one] = judgeFindings(gatePolicy(gate), [finding(found)], { asOf: AS_OF, firstSeen: {}, ...context });
  return one!;
}

const FIXED = { fixReleasedAt: '2026-11-01T00:00:00Z' };

describe('the duration', () => {
  it.each<[string, Partial<Finding>, Partial<GatePolicy>, string | undefined, string]>([
    [
      'its severity',
      { severity: 'critical' },
      {},
      '2026-11-08T00:00:00Z',
      'critical: 7d from the release of its fix, 2026-11-01T00:00:00Z',
    ],
    ['no fix', { fixedIn: [] }, {}, undefined, 'no fix yet: reported only'],
    ['no fix, though exploited', { fixedIn: [], exploited: true }, {}, undefined, 'no fix yet: reported only'],
    ['no fix, but the policy counts it', { fixedIn: [] }, { onlyFixable: false }, '2026-11-15T00:00:00Z', 'high: 14d from'],
    ['no duration', { severity: 'low' }, {}, undefined, 'low: the policy sets no deadline'],
    ['exploited, shorter', { exploited: true }, {}, '2026-11-04T00:00:00Z', 'exploited: 3d from'],
    [
      'exploited, but its severity is shorter',
      { exploited: true, severity: 'critical' },
      { deadlines: { critical: DAY } },
      '2026-11-02T00:00:00Z',
      'critical: 24h from',
    ],
    ['exploited alone', { exploited: true, severity: 'low' }, {}, '2026-11-04T00:00:00Z', 'exploited: 3d from'],
    [
      'exploited without a deadline of its own',
      { exploited: true },
      { exploited: { skipSoak: true, bypassWindows: true } },
      '2026-11-15T00:00:00Z',
      'high: 14d from',
    ],
    ['unknown as high', { severity: 'unknown' }, {}, '2026-11-15T00:00:00Z', 'unknown severity, treated as high: 14d from'],
    [
      'unknown as critical',
      { severity: 'unknown' },
      { unknownSeverity: 'critical' },
      '2026-11-08T00:00:00Z',
      'unknown severity, treated as critical',
    ],
    ['unknown ignored', { severity: 'unknown' }, { unknownSeverity: 'ignore' }, undefined, 'unknown severity: the policy sets no deadline'],
    [
      'unknown ignored, but exploited',
      { severity: 'unknown', exploited: true },
      { unknownSeverity: 'ignore' },
      '2026-11-04T00:00:00Z',
      'exploited: 3d',
    ],
    ['none at all: due at once', { severity: 'high' }, { deadlines: { high: 0 } }, '2026-11-01T00:00:00Z', 'high: '],
  ])('%s', (_, found, gate, deadline, reason) => {
    const judged = judge({ ...FIXED, ...found }, gate);
    expect(judged.deadline).toBe(deadline);
    expect(judged.failsAt).toBe(deadline);
    expect(judged.reason).toContain(reason);
  });
});

describe('the anchor', () => {
  const seen = { 'CVE-2026-0001 openssl': '2026-03-03T00:00:00Z/2026-11-20T00:00:00Z' };
  const all: Partial<Finding> = {
    fixReleasedAt: '2026-01-01T00:00:00Z',
    publishedAt: '2026-02-02T00:00:00Z',
    kevAddedAt: '2026-04-04T00:00:00Z',
    exploited: true,
  };
  const released = { releasedAt: '2026-05-05T00:00:00Z' };

  it.each<[GatePolicy['anchor'], Partial<Finding>, object, string, string, boolean]>([
    ['fixReleased', all, {}, 'fixReleased', '2026-01-01T00:00:00Z', false],
    ['fixReleased', { publishedAt: '2026-02-02T00:00:00Z' }, { firstSeen: seen }, 'published', '2026-02-02T00:00:00Z', true],
    ['fixReleased', {}, { firstSeen: seen, ...released }, 'detected', '2026-03-03T00:00:00Z', true],
    ['fixReleased', {}, released, 'releasedAt', '2026-05-05T00:00:00Z', true],
    ['fixReleased', {}, {}, 'asOf', ASSUMED_NOW, true],
    ['published', all, {}, 'published', '2026-02-02T00:00:00Z', false],
    ['published', { fixReleasedAt: '2026-01-01T00:00:00Z' }, {}, 'fixReleased', '2026-01-01T00:00:00Z', true],
    ['kevAdded', all, {}, 'kevAdded', '2026-04-04T00:00:00Z', false],
    ['kevAdded', { exploited: true, fixReleasedAt: '2026-01-01T00:00:00Z' }, {}, 'fixReleased', '2026-01-01T00:00:00Z', true],
    ['kevAdded', { ...all, exploited: false }, {}, 'fixReleased', '2026-01-01T00:00:00Z', false],
    ['kevAdded', { publishedAt: '2026-02-02T00:00:00Z' }, {}, 'published', '2026-02-02T00:00:00Z', true],
    ['detected', all, { firstSeen: seen }, 'detected', '2026-03-03T00:00:00Z', false],
    ['detected', all, released, 'asOf', ASSUMED_NOW, true],
  ])('%s of %o, knowing %o, is %s', (anchor, found, context, used, at, assumed) => {
    const judged = judge(found, { anchor }, context);
    expect(judged).toMatchObject({ anchor: used, anchorAt: at, anchorAssumed: assumed });
    expect(judged.reason).toContain(at);
    expect(judged.reason.includes('assumed')).toBe(assumed);
  });

  it('finds the first detection under another name of the vulnerability or the package', () => {
    const firstSeen = { 'GHSA-1 libcrypto3': '2026-03-03T00:00:00Z' };
    expect(judge({ aliases: ['GHSA-1'] }, { anchor: 'detected' }, { firstSeen })).toMatchObject({ anchorAt: '2026-03-03T00:00:00Z' });
  });
});

describe('judgeFindings', () => {
  it('gives the real findings of web:1.0.0 their deadlines', () => {
    const judged = judgeFindings(gatePolicy(), joinFindings(web('1.0.0')), { asOf: AS_OF, firstSeen: {} });
    expect(Object.fromEntries(judged.map(({ id, deadline }) => [id, deadline]))).toEqual({
      'CVE-2023-42363': '2024-09-10T00:00:00Z',
      'CVE-2023-42364': '2024-09-19T00:00:00Z',
      'CVE-2023-42366': '2024-08-18T00:00:00Z',
      'CVE-2023-4863': '2023-09-16T00:00:00Z',
      'CVE-2024-13176': undefined,
      'CVE-2024-4741': '2024-06-12T00:00:00Z',
      'CVE-2024-5535': '2024-07-05T00:00:00Z',
      'CVE-2024-9143': '2025-01-15T00:00:00Z',
    });
  });

  it('never gives an exploited finding more time than one that is not', () => {
    fc.assert(
      fc.property(gatePolicies, findings, instants, (gate, list, asOf) => {
        const policy = { ...gate, anchor: 'fixReleased' as const };
        const deadlines = (exploited: boolean) =>
          judgeFindings(
            policy,
            list.map((one) => ({ ...one, exploited })),
            { asOf, firstSeen: {} },
          ).map(({ deadline }) => (deadline === undefined ? Number.POSITIVE_INFINITY : Date.parse(deadline)));
        const calm = deadlines(false);
        for (const [index, deadline] of deadlines(true).entries()) expect(deadline).toBeLessThanOrEqual(calm[index]!);
      }),
    );
  });

  it('keeps a deadline that lies beyond the calendar a date', () => {
    expect(judge(FIXED, { deadlines: { high: 8e15 } }).deadline).toBe('9999-12-31T23:59:59Z');
  });
});
