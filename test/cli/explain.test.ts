import { describe, expect, it } from 'vitest';
import { sandbox } from './fake-io.js';

const policy = (gate: object, exposure?: string) =>
  JSON.stringify({
    name: 'shop',
    scan: { schedule: '0 * * * *', scanners: [{ kind: 'grype' }] },
    gate,
    stages: [
      { name: 'staging', namespace: 'shop-staging' },
      { name: 'production', namespace: 'shop', after: ['staging'], ...(exposure === undefined ? {} : { exposure }) },
    ],
  });

async function explained(gate: object, exposure?: string) {
  const { code, stdout } = await sandbox({ 'policy.json': policy(gate, exposure) }).run('explain', 'policy.json', '--format', 'json');
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

describe('patchway explain', () => {
  it('shows a preset as a table with figures, sources and how it is read', async () => {
    const { code, stdout, stderr } = await sandbox({ 'policy.json': policy({ preset: 'bod26-04' }) }).run('explain', 'policy.json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Policy shop/);
    expect(stdout.slice(0, stdout.indexOf('\nHow an image passes'))).toBe(`Policy shop: how long a finding may stay
by CISA BOD 26-04
  source: CISA, Binding Operational Directive 26-04, table of remediation timeframes
  reading: Deadlines count from the release of the fix; the directive leaves it open.
  reading: Exploited is what the Known Exploited Vulnerabilities catalogue lists, as Grype reports it.

  finding                               deadline               from
  exploited, exposed, total impact      3d (with forensics)    bod26-04
  exploited, automatable, total impact  3d (with forensics)    bod26-04
  exploited, exposed, automatable       3d                     bod26-04
  exploited                             14d                    bod26-04
  exposed, automatable, total impact    3d                     bod26-04
  exposed, automatable                  14d                    bod26-04
  exposed, total impact                 14d                    bod26-04
  exposed                               60d                    bod26-04
  automatable                           60d                    bod26-04
  every other                           none (fix on upgrade)  bod26-04

- The first row of bod26-04 that applies counts, unless a field goes before it; of it and the policy's own, the shortest.
- Deadlines count from the release of the fix (fixReleased, by the preset).
- Unknown severities count as high.
- Findings without a fix are reported only.
- Exposure, by all stages that an image may go on to: staging not known, which counts as internet, production not known, which counts as internet.
- An image whose distribution has reached its end of life is warned of.
`);
  });

  it('shows what the policy says itself, and what it goes before', async () => {
    const own = { deadlines: { low: '200d' }, exploited: { deadline: '2d' }, epss: { above: 0.4, deadline: '5d' }, anchor: 'published' };
    const { gate } = await explained({ preset: 'fedramp-rev5', ...own });
    expect(gate).toMatchObject({ preset: { name: 'fedramp-rev5', title: 'FedRAMP Rev. 5' }, anchor: 'published', anchorFrom: 'policy' });
    const rows = gate.rules.map((rule: { findings: string; deadline: string; from: string; replacedBy: string[] }) => [
      rule.findings,
      rule.deadline,
      rule.from,
      rule.replacedBy,
    ]);
    expect(rows).toEqual([
      ['exploited', '48h', 'gate.exploited.deadline', []],
      ['EPSS above 0.4', '5d', 'gate.epss', []],
      ['low', '200d', 'gate.deadlines.low', []],
      ['critical', '30d', 'fedramp-rev5', []],
      ['high', '30d', 'fedramp-rev5', []],
      ['medium', '90d', 'fedramp-rev5', []],
      ['low', '180d', 'fedramp-rev5', ['gate.deadlines.low']],
    ]);
  });

  it('names the field that goes before rows for exploited findings, and only those', async () => {
    const { gate } = await explained({ preset: 'bod26-04', exploited: { deadline: '2d' } });
    for (const { from, findings, replacedBy } of gate.rules.filter((rule: { from: string }) => rule.from === 'bod26-04')) {
      expect([from, findings, replacedBy]).toEqual([from, findings, findings.startsWith('exploited') ? ['gate.exploited.deadline'] : []]);
    }
  });

  it('shows a policy without a preset, and how exposed each stage is', async () => {
    const { gate, policy: named } = await explained({ deadlines: { high: '7d' }, dueAt: 'endOfDay', exposure: 'internal' }, 'internet');
    expect(named).toMatchObject({ name: 'shop', hash: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(gate).toEqual({
      preset: null,
      anchor: 'fixReleased',
      anchorFrom: 'policy',
      rules: [{ findings: 'high', deadlineMs: 604_800_000, deadline: '7d', note: null, from: 'gate.deadlines.high', replacedBy: [] }],
      exposures: { staging: 'internet', production: 'internet' },
      onlyFixable: true,
      unknownSeverity: 'high',
      dueAt: 'endOfDay',
      endOfLife: 'warn',
    });
    const { stdout } = await sandbox({ 'policy.json': policy({ deadlines: { high: '7d' }, dueAt: 'endOfDay' }) }).run(
      'explain',
      'policy.json',
    );
    expect(stdout).toContain('- They are extended to the end of the day in UTC.\n');
    expect(stdout).not.toContain('Exposure');
  });

  it.each([
    [{ preset: 'bod26-05' }, ['policy.json'], 65, /gate\.preset/],
    [{ preset: 'bod26-04' }, ['missing.json'], 65, /missing\.json/],
    [{ preset: 'bod26-04' }, ['policy.json', '--format', 'yaml'], 64, /--format yaml/],
    [{ preset: 'bod26-04' }, [], 64, /policy/],
  ])('refuses %o %o with %i', async (gate, args, expected, message) => {
    const { code, stdout, stderr } = await sandbox({ 'policy.json': policy(gate) }).run('explain', ...args);
    expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
    expect(stderr).toMatch(message);
  });
});
