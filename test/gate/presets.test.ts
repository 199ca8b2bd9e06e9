import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/gate/finding.js';
import { judgeFindings } from '../../src/gate/judge.js';
import { readVulnrichment } from '../../src/gate/vulnrichment.js';
import type { PolicyInput } from '../../src/policy/input.js';
import { parsePolicy } from '../../src/policy/parse.js';
import type { GatePolicy, PresetName, Severity } from '../../src/policy/policy.js';
import { PRESETS } from '../../src/policy/presets.js';
import { DAY, finding, findings, gatePolicies, HOUR, instants } from './support.js';

const ANCHOR = '2026-11-01T00:00:00Z';
const CONTEXT = { asOf: Date.UTC(2026, 10, 21), firstSeen: { 'CVE-2026-0001 openssl': ANCHOR } };

function gateOf(gate: PolicyInput['gate']): GatePolicy {
  const scan = { schedule: '0 * * * *', scanners: [{ kind: 'grype' }] };
  const { policy, problems } = parsePolicy({ name: 'shop', scan, gate, stages: [{ name: 'production', namespace: 'shop' }] });
  if (policy === undefined) throw new Error(JSON.stringify(problems));
  return policy.gate;
}

/** The days that a finding may stay, and why. */
function judge(gate: PolicyInput['gate'], found: Partial<Finding>, vulnrichment?: string) {
  const context = vulnrichment === undefined ? CONTEXT : { ...CONTEXT, vulnrichment: readVulnrichment(vulnrichment, 'ssvc.json') };
  const [judged] = judgeFindings(gateOf(gate), [finding({ fixReleasedAt: ANCHOR, ...found })], context);
  const { deadline, reason, anchor } = judged!;
  return { days: deadline === undefined ? undefined : (Date.parse(deadline) - Date.parse(ANCHOR)) / DAY, reason, anchor };
}

function vector(automatable: boolean, total: boolean) {
  return [{ vector: `CVSS:3.1/AV:N/AC:${automatable ? 'L' : 'H'}/PR:N/UI:N/S:U/${total ? 'C:H/I:H/A:H' : 'C:L/I:N/A:N'}` }];
}

describe('bod26-04', () => {
  /** K exploited, E exposed, A automatable, T total and P partial impact: small letters mean not so. */
  it.each([
    ['KEAT', 3, 'with forensics'],
    ['KEaT', 3, 'with forensics'],
    ['KeAT', 3, 'with forensics'],
    ['KEAP', 3, undefined],
    ['KEaP', 14, undefined],
    ['KeAP', 14, undefined],
    ['KeaT', 14, undefined],
    ['KeaP', 14, undefined],
    ['kEAT', 3, undefined],
    ['kEAP', 14, undefined],
    ['kEaT', 14, undefined],
    ['kEaP', 60, undefined],
    ['keAP', 60, undefined],
    ['keAT', 60, undefined],
    ['keaT', undefined, 'fix on upgrade'],
    ['keaP', undefined, 'fix on upgrade'],
  ])('%s: %s days, %s', (row, days, note) => {
    const is = (letter: string) => row.includes(letter);
    const exposure = is('E') ? 'internet' : 'internal';
    const judged = judge({ preset: 'bod26-04', exposure }, { exploited: is('K'), cvss: vector(is('A'), is('T')) });
    expect(judged.days).toBe(days);
    expect(judged.reason.match(/\((with forensics|fix on upgrade)\)/)?.[1]).toBe(note);
    if (days !== undefined) expect(judged.anchor).toBe('fixReleased');
  });

  it('says how each of its inputs is known', () => {
    const derived = judge({ preset: 'bod26-04', exposure: 'internet' }, { cvss: vector(true, false) });
    expect(derived.reason).toBe(
      `bod26-04, not exploited, exposed (by the policy), automatable (derived from CVSS), partial impact (derived from CVSS): 14d from the release of its fix, ${ANCHOR}`,
    );
    const assumed = judge({ preset: 'bod26-04' }, {});
    expect(assumed.days).toBe(3);
    expect(assumed.reason).toContain(
      'exposed (assumed, nothing is known), automatable (assumed, nothing is known), total impact (assumed, nothing is known)',
    );
    const record = ssvc('CVE-2026-0001', { Automatable: 'no', 'Technical Impact': 'partial' });
    const told = judge({ preset: 'bod26-04', exposure: 'internal' }, { cvss: vector(true, true) }, record);
    expect(told.days).toBeUndefined();
    expect(told.reason).toBe(
      'bod26-04, not exploited, not exposed (by the policy), not automatable (by Vulnrichment), partial impact (by Vulnrichment): no deadline (fix on upgrade)',
    );
  });

  it('finds a Vulnrichment record under another name of the vulnerability', () => {
    const record = ssvc('CVE-2026-0001', { Automatable: 'no', 'Technical Impact': 'partial' });
    expect(judge({ preset: 'bod26-04' }, { id: 'GHSA-1', aliases: ['CVE-2026-0001'] }, record).days).toBe(60);
    expect(judge({ preset: 'bod26-04' }, { id: 'CVE-2026-9999' }, record).days).toBe(3);
  });
});

/** Days by level N5 to N2: reachable from the internet and exploitable, exploitable only, not likely exploitable. */
const A_AND_B = { N5: [4, 8, 32], N4: [8, 32, 64], N3: [32, 64, 192], N2: [96, 160, 192] };
const VDR: Readonly<Record<string, typeof A_AND_B>> = {
  a: A_AND_B,
  b: A_AND_B,
  c: { N5: [2, 4, 16], N4: [4, 8, 64], N3: [16, 32, 128], N2: [48, 128, 192] },
  d: { N5: [0.5, 1, 8], N4: [2, 8, 32], N3: [8, 16, 64], N2: [24, 96, 192] },
};
const SEVERITY_OF: Readonly<Record<string, Severity>> = { N5: 'critical', N4: 'high', N3: 'medium', N2: 'low' };
const VDR_ROWS = Object.entries(VDR).flatMap(([level, table]) =>
  Object.entries(table).flatMap(([n, [reachable, exploitable, unlikely]]) => [
    { level, n, exposure: 'internet' as const, exploitable: true, days: reachable },
    { level, n, exposure: 'internal' as const, exploitable: true, days: exploitable },
    { level, n, exposure: 'internet' as const, exploitable: false, days: unlikely },
    { level, n, exposure: 'internal' as const, exploitable: false, days: unlikely },
  ]),
);

describe('fedramp-vdr', () => {
  it.each(VDR_ROWS)('class $level, $n, $exposure, exploitable $exploitable: $days days', ({ level, n, exposure, exploitable, days }) => {
    const preset = `fedramp-vdr-${level}` as PresetName;
    const judged = judge({ preset, exposure }, { severity: SEVERITY_OF[n]!, cvss: vector(exploitable, false) });
    expect(judged.days).toBe(days);
    expect(judged.reason).toContain(`(${n})`);
    expect(judged.anchor).toBe('detected');
  });

  const local = [{ vector: 'CVSS:3.1/AV:L/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }];
  const gate = { preset: 'fedramp-vdr-c', exposure: 'internal' } as const;

  it.each<[string, Partial<Finding>, string | undefined, number, string]>([
    ['nothing is known', {}, undefined, 8, 'likely exploitable (assumed, nothing is known)'],
    ['its vector says no', { cvss: local }, undefined, 64, 'not likely exploitable (derived from CVSS)'],
    ['it is exploited', { cvss: local, exploited: true }, undefined, 8, 'likely exploitable (known to be exploited)'],
    [
      'there is a proof of concept',
      { cvss: local },
      ssvc('CVE-2026-0001', { Exploitation: 'poc' }),
      8,
      'likely exploitable (by Vulnrichment)',
    ],
    [
      'it is being exploited',
      { cvss: local },
      ssvc('CVE-2026-0001', { Exploitation: 'active' }),
      8,
      'likely exploitable (by Vulnrichment)',
    ],
    ['there is none', { cvss: local }, ssvc('CVE-2026-0001', { Exploitation: 'none' }), 64, 'not likely exploitable (derived from CVSS)'],
    [
      'there is none, and no vector',
      {},
      ssvc('CVE-2026-0001', { Exploitation: 'none' }),
      8,
      'likely exploitable (assumed, nothing is known)',
    ],
  ])('reads exploitability where %s', (_, found, record, days, words) => {
    const judged = judge(gate, found, record);
    expect(judged.days).toBe(days);
    expect(judged.reason).toContain(words);
  });
});

describe.each<[PresetName, string, readonly [Partial<Finding>, number | undefined][]]>([
  [
    'fedramp-rev5',
    'detected',
    [
      [{ severity: 'critical' }, 30],
      [{ severity: 'high' }, 30],
      [{ severity: 'medium' }, 90],
      [{ severity: 'low' }, 180],
      [{ severity: 'unknown' }, 30],
    ],
  ],
  [
    'pci-4.0.1',
    'fixReleased',
    [
      [{ severity: 'critical' }, 30],
      [{ severity: 'high' }, undefined],
      [{ severity: 'medium' }, undefined],
      [{ severity: 'low' }, undefined],
      [{ severity: 'unknown' }, undefined],
    ],
  ],
  [
    'cyber-essentials',
    'fixReleased',
    [
      [{ cvss: [{ vector: 'CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H' }] }, 14],
      [{ cvss: [{ vector: 'CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H', score: 7 }], severity: 'low' }, 14],
      [{ cvss: [{ vector: 'CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H', score: 6.9 }] }, undefined],
      [{ cvss: [{ vector: 'CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:L/A:N' }] }, undefined],
      [{ severity: 'critical' }, 14],
      [{ severity: 'high' }, 14],
      [{ severity: 'medium' }, undefined],
      [{ severity: 'unknown' }, 14],
    ],
  ],
])('%s, from %s', (preset, anchor, rows) => {
  it.each(rows)('%o: %s days', (found, days) => {
    const judged = judge({ preset }, found);
    expect(judged.days).toBe(days);
    if (days !== undefined) expect(judged.anchor).toBe(anchor);
    else expect(judged.reason).toContain('no deadline');
  });

  it('has no deadline for an unknown severity that the policy ignores', () => {
    expect(judge({ preset, unknownSeverity: 'ignore' }, { severity: 'unknown' }).days).toBeUndefined();
  });
});

describe('a field of the policy goes before the preset', () => {
  it.each<[string, PolicyInput['gate'], Partial<Finding>, number, string]>([
    ['longer for a severity', { preset: 'fedramp-rev5', deadlines: { high: '60d' } }, {}, 60, 'high: 60d'],
    ['another severity keeps its row', { preset: 'fedramp-rev5', deadlines: { high: '60d' } }, { severity: 'low' }, 180, 'fedramp-rev5'],
    ['longer for exploited ones', { preset: 'bod26-04', exploited: { deadline: '30d' } }, { exploited: true }, 30, 'exploited: 30d'],
    [
      'a severity does not touch rows for exploited ones',
      { preset: 'bod26-04', deadlines: { high: '90d' } },
      { exploited: true },
      3,
      'bod26-04',
    ],
    ['and those for others it does', { preset: 'bod26-04', deadlines: { high: '90d' } }, {}, 90, 'high: 90d'],
    ['shorter for exploited ones', { preset: 'fedramp-rev5', exploited: { deadline: '5d' } }, { exploited: true }, 5, 'exploited: 5d'],
    [
      'longer than a row that is not about exploitation: the shorter counts',
      { preset: 'fedramp-rev5', exploited: { deadline: '50d' } },
      { exploited: true },
      30,
      'fedramp-rev5',
    ],
    ['shorter by EPSS', { preset: 'fedramp-rev5', epss: { above: 0.5, deadline: '9d' } }, { epss: 0.51 }, 9, 'EPSS above 0.5: 9d'],
    [
      'EPSS at the bound is not above it',
      { preset: 'fedramp-rev5', epss: { above: 0.5, deadline: '9d' } },
      { epss: 0.5 },
      30,
      'fedramp-rev5',
    ],
    ['no EPSS is none', { preset: 'fedramp-rev5', epss: { above: 0, deadline: '9d' } }, {}, 30, 'fedramp-rev5'],
    ['EPSS where the preset has no deadline', { preset: 'pci-4.0.1', epss: { above: 0.5, deadline: '9d' } }, { epss: 0.9 }, 9, 'EPSS'],
    ['EPSS without a preset', { deadlines: { high: '10d' }, epss: { above: 0.5, deadline: '9d' } }, { epss: 0.9 }, 9, 'EPSS'],
    [
      'a longer EPSS gives no more time',
      { deadlines: { high: '10d' }, epss: { above: 0.5, deadline: '90d' } },
      { epss: 0.9 },
      10,
      'high: 10d',
    ],
  ])('%s', (_, gate, found, days, words) => {
    const judged = judge(gate, found);
    expect(judged.days).toBe(days);
    expect(judged.reason).toContain(words);
  });
});

describe('for all policies, presets and findings', () => {
  const presets = fc.constantFrom(undefined, ...PRESETS.map(({ name, rows }) => ({ name, rows })));
  const exposures = fc.constantFrom(undefined, 'internet' as const, 'internal' as const);
  const vectors = fc.constantFrom(undefined, vector(true, true), vector(false, true), vector(true, false), vector(false, false));
  const deadlinesOf = (gate: GatePolicy, list: readonly Finding[], asOf: number) =>
    judgeFindings(gate, list, { asOf, firstSeen: {} }).map(({ deadline }) =>
      deadline === undefined ? Number.POSITIVE_INFINITY : Date.parse(deadline),
    );
  const cases = fc.record({
    gate: gatePolicies,
    preset: presets,
    exposure: exposures,
    epss: fc.option(fc.record({ above: fc.double({ min: 0, max: 1, noNaN: true }), deadline: fc.nat(100).map((n) => n * DAY) }), {
      nil: undefined,
    }),
    list: findings,
    cvss: vectors,
    asOf: instants,
  });
  const built = ({
    gate,
    preset,
    exposure,
    epss,
  }: {
    gate: GatePolicy;
    preset: GatePolicy['preset'];
    exposure: GatePolicy['exposure'];
    epss: GatePolicy['epss'];
  }): GatePolicy => ({
    ...gate,
    ...(preset === undefined ? {} : { preset }),
    ...(exposure === undefined ? {} : { exposure }),
    ...(epss === undefined ? {} : { epss }),
  });
  const rated = (list: readonly Finding[], cvss: Finding['cvss']) => list.map((one) => (cvss === undefined ? one : { ...one, cvss }));

  it('the shortest duration wins: no rule that is added gives a finding more time', () => {
    fc.assert(
      fc.property(cases, fc.nat(400 * DAY), ({ list, cvss, asOf, ...rest }, length) => {
        const { exploited, ...gate } = built(rest);
        const { epss: _, ...without } = gate;
        const [found, plain] = [rated(list, cvss), deadlinesOf(without, rated(list, cvss), asOf)];
        const more = deadlinesOf({ ...gate, epss: { above: 0.3, deadline: length } }, found, asOf);
        for (const [index, deadline] of more.entries()) expect(deadline).toBeLessThanOrEqual(plain[index]!);
        if (gate.preset?.rows.some(({ when }) => when.exploited === true)) return;
        const urgent = deadlinesOf({ ...without, exploited: { deadline: length, skipSoak: false, bypassWindows: false } }, found, asOf);
        for (const [index, deadline] of urgent.entries()) expect(deadline).toBeLessThanOrEqual(plain[index]!);
      }),
    );
  });

  it('a field of the policy is obeyed, longer or shorter than the preset', () => {
    fc.assert(
      fc.property(cases, fc.nat(400 * DAY), ({ list, cvss, asOf, ...rest }, length) => {
        const { preset: _, epss: __, exploited: ___, ...gate } = built(rest);
        const all = { critical: length, high: length, medium: length, low: length };
        const exploited = { deadline: length, skipSoak: false, bypassWindows: false };
        const own = { ...gate, deadlines: all, exploited };
        const found = rated(list, cvss);
        const overridden = rest.preset === undefined ? own : { ...own, preset: rest.preset };
        const ignored = gate.unknownSeverity === 'ignore';
        const judgedAlike = found.map((one) => !(ignored && one.severity === 'unknown'));
        const [with_, without] = [deadlinesOf(overridden, found, asOf), deadlinesOf(own, found, asOf)];
        expect(with_.filter((_, index) => judgedAlike[index])).toEqual(without.filter((_, index) => judgedAlike[index]));
      }),
    );
  });

  it('what is not known is never more lenient than what is, whatever that is', () => {
    fc.assert(
      fc.property(cases, ({ list, cvss, asOf, ...rest }) => {
        const { exposure: _, ...unknown } = built(rest);
        const severe = list.map(({ cvss: __, ...one }): Finding => ({ ...one, severity: 'critical' }));
        const assumed = deadlinesOf(unknown, severe, asOf);
        const known = deadlinesOf(built(rest), rated(severe, cvss), asOf);
        for (const [index, deadline] of assumed.entries()) expect(deadline).toBeLessThanOrEqual(known[index]!);
      }),
    );
  });
});

describe('dueAt: endOfDay', () => {
  const gate = { deadlines: { high: 10 * HOUR }, endOfDayIn: 'Europe/Berlin' };

  it('moves a deadline to the end of its day in the time zone, and says so', () => {
    const [judged] = judgeFindings(
      { ...gateOf({ deadlines: { high: '7d' }, dueAt: 'endOfDay' }), ...gate },
      [finding({ fixReleasedAt: ANCHOR })],
      CONTEXT,
    );
    expect(judged).toMatchObject({ deadline: '2026-11-01T23:00:00Z', failsAt: '2026-11-01T23:00:00Z' });
    expect(judged?.reason).toBe(`high: 10h from the release of its fix, ${ANCHOR}, until the end of that day in Europe/Berlin`);
  });
});

function ssvc(cveId: string, options: Readonly<Record<string, string>>): string {
  const content = { id: cveId, role: 'CISA Coordinator', options: Object.entries(options).map(([name, value]) => ({ [name]: value })) };
  return JSON.stringify({ cveMetadata: { cveId }, containers: { adp: [{ metrics: [{ other: { type: 'ssvc', content } }] }] } });
}
