import { describe, expect, it } from 'vitest';
import { speedOf } from '../../src/cli/report/speed.js';
import { report } from '../../src/cli/report.js';
import { POLICY } from './drift/cluster.js';
import { runIn, sandbox } from './fake-io.js';
import { clusterWith, finding, ioIn, NOW_RUNNING, OLD, promoted, scan } from './report-cluster.js';

type Stored = Parameters<typeof clusterWith>[1];

async function made(stored: Stored, options: object = {}, stage: 'staging' | 'production' = 'production') {
  const box = sandbox({ 'patch-policy.json': JSON.stringify(POLICY) });
  const { io, stdout } = ioIn(box.cwd);
  const code = await report({ policy: 'patch-policy.json', stage, ...options }, io, { connect: async () => clusterWith(stage, stored) });
  expect(code).toBe(0);
  return { stdout: stdout(), read: box.read };
}

async function data(stored: Stored, stage: 'staging' | 'production' = 'production') {
  const { stdout } = await made(stored, { format: 'json' }, stage);
  return JSON.parse(stdout).stages[0];
}

/** Fixed by the promotion of 10 November: one a day late, one in time, one without a date of its own. */
const gone = [
  finding('CVE-1', { severity: 'critical', anchor: 'fixReleased', anchorAt: '2026-11-02T22:00:00Z', deadline: '2026-11-09T22:00:00Z' }),
  finding('CVE-2', { anchor: 'fixReleased', anchorAt: '2026-11-06T22:00:00Z', deadline: '2026-11-20T22:00:00Z' }),
  finding('CVE-3', { anchor: 'published', anchorAt: '2026-01-01T00:00:00Z' }),
];
const overdue = finding('CVE-7', { severity: 'critical', deadline: '2026-11-20T00:00:00Z', failsAt: '2026-11-20T00:00:00Z' });
const due = finding('CVE-8', { deadline: '2026-12-01T00:00:00Z', failsAt: '2026-12-01T00:00:00Z' });
const plain = finding('CVE-9', { severity: 'low', fixedIn: [] });
const stored: Stored = {
  state: { history: [promoted], folded: { '2026-08': { promoted: 3, rolledBack: 1 } } },
  digests: {
    [OLD]: scan([...gone, due, plain], { scannedAt: '2026-11-09T03:17:00Z' }),
    [NOW_RUNNING]: scan([overdue, due, plain]),
  },
  firstSeen: { 'CVE-3 openssl': '2026-11-10T10:00:00Z/2026-11-10T10:00:00Z' },
};

describe('patchway report', () => {
  it('says how fast a stage was patched, where it stands and how that is known', async () => {
    const { stdout } = await made(stored);
    expect(stdout).toBe(`How fast storefront is patched, as of Sat 2026-11-21 12:00 UTC

production (namespace shop)
  3 findings were fixed by 1 promotion.
  Half of them took at most 4d, 95 % at most 8d, the slowest 8d, from the release of the fix, or the first time it was seen where that is not known.
  1 of 2 with a deadline was in time.
  Now 3 findings are open: 1 overdue, 1 due, 0 accepted, 1 without a deadline.
  The next becomes overdue at Tue 2026-12-01 00:00 UTC.
  In its history: 4 promotions, 1 rollback.

  workload  severity  found  fixed  in time  open  overdue  due  accepted
  web       critical      2      1   0 of 1     1        1    0         0
  web       high          3      2   1 of 1     1        0    1         0
  web       low           1      0        -     1        0    0         0

  web runs ghcr.io/acme/web:1.4 at 1.4.1 (sha256:aaaaaaaaaaaa), scanned Sat 2026-11-21 03:17 UTC: fail, as 1 finding is overdue, the first since 2026-11-20T00:00:00Z: CVE-7 in openssl.

  Not known
  - What 3 older promotions fixed: of them only the number is kept.
`);
  });

  it('has each fixed finding, and from when it is counted, as data', async () => {
    const { fixed, speed, unknown } = await data(stored);
    expect(fixed.map((each: { id: string; since?: object; inTime?: boolean }) => [each.id, each.since, each.inTime])).toEqual([
      ['CVE-1', { at: '2026-11-02T22:00:00Z', of: 'fixReleased' }, false],
      ['CVE-2', { at: '2026-11-06T22:00:00Z', of: 'fixReleased' }, true],
      ['CVE-3', { at: '2026-11-10T10:00:00Z', of: 'firstSeen' }, undefined],
    ]);
    expect(speed).toMatchObject({ measured: 3, fromRelease: 2, dated: 2, inTime: 1, medianMs: 4 * 86_400_000 });
    expect(unknown).toEqual(['What 3 older promotions fixed: of them only the number is kept.']);
  });

  it('does not count as fixed what is open again', async () => {
    const digests = { ...stored.digests, [NOW_RUNNING]: scan([overdue, finding('CVE-2')]) };
    const { fixed } = await data({ ...stored, digests });
    expect(fixed.map(({ id }: { id: string }) => id)).toEqual(['CVE-1', 'CVE-3', 'CVE-8', 'CVE-9']);
  });

  it.each<[string, Stored['digests'], string]>([
    [
      'the scan before is no longer kept',
      { [NOW_RUNNING]: scan([due]) },
      'What 1 move of web fixed: the scans of the images before or after are not kept, or incomplete.',
    ],
    ['the scan after is incomplete', { [OLD]: scan(gone), [NOW_RUNNING]: scan([], { complete: false }) }, 'What 1 move of web fixed'],
    ['the scan after was cut', { [OLD]: scan(gone), [NOW_RUNNING]: scan([], { cut: { count: 9 } }) }, 'What 1 move of web fixed'],
    ['nothing was scanned', {}, 'What web runs of ghcr.io/acme/web:1.4 counts for nothing here: there is no evidence for sha256:aaaa'],
  ])('says what it does not know where %s', async (_, digests = {}, words) => {
    const { fixed, unknown } = await data({ ...stored, digests });
    expect(fixed).toEqual([]);
    expect(unknown.join('\n')).toContain(words);
    expect((await made({ ...stored, digests })).stdout).toContain('  Nothing is known to have been fixed yet.\n');
  });

  it('counts, where images come from the lock, what former ones had, and says that the time is not known', async () => {
    const { digests = {} } = stored;
    const { stdout } = await made({ digests }, {}, 'staging');
    expect(stdout).toContain('  3 findings were fixed by newer images.\n  When is not known.\n');
    const { fixed, speed } = await data({ digests }, 'staging');
    expect(fixed[0]).toMatchObject({ id: 'CVE-1', workload: 'web' });
    expect(fixed[0]).not.toHaveProperty('fixedAt');
    expect(speed).toEqual({ measured: 0, fromRelease: 0, dated: 0, inTime: 0 });
  });

  it('tells of a workload that is not deployed', async () => {
    const box = sandbox({ 'patch-policy.json': JSON.stringify(POLICY) });
    const { io, stdout } = ioIn(box.cwd);
    const cluster = clusterWith('production', {});
    cluster.objects.delete(cluster.web);
    await report({ policy: 'patch-policy.json', stage: 'production' }, io, { connect: async () => cluster });
    expect(stdout()).toContain('  - Workload web is not deployed.\n');
  });

  it('is a page that needs nothing from outside', async () => {
    const { read } = await made(stored, { html: 'report.html' });
    const html = read('report.html');
    expect(html).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(html).toContain('<h1>How fast storefront is patched</h1>');
    expect(html).toContain('<p>3 findings were fixed by 1 promotion. Half of them took at most 4d, 95 % at most 8d');
    expect(html).toContain('aria-label="3 fixed, 1 overdue, 1 due, 1 accepted or without a deadline"');
    expect(html).toContain(
      '<tr><td>CVE-1 in openssl</td><td>critical</td><td>web</td><td>Mon 2026-11-02 22:00 UTC</td><td>Tue 2026-11-10 22:00 UTC</td><td>8d</td><td>Mon 2026-11-09 22:00 UTC: late</td></tr>',
    );
    expect(html).not.toMatch(/https?:|<script|@import|href/);
  });

  it('shows what scanners wrote as text, not as markup', async () => {
    const digests = { ...stored.digests, [OLD]: scan([finding('CVE-<b>', { package: '"&' })]) };
    const { read } = await made({ ...stored, digests }, { html: 'report.html' });
    expect(read('report.html')).toContain('<td>CVE-&lt;b&gt; in &quot;&amp;</td>');
  });

  it.each([
    [['--format', 'pdf'], 64, '--format pdf: use text, json.'],
    [['--stage', 'prod'], 64, '--stage prod: the policy has no such stage'],
    [['--policy', 'missing.yaml'], 65, 'missing.yaml'],
  ])('refuses %o', async (args, code, message) => {
    const { cwd } = sandbox({ 'patch-policy.yaml': JSON.stringify(POLICY) });
    const result = await runIn(cwd, ['report', ...args]);
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toContain(message);
  });

  it('says why a page cannot be written', async () => {
    await expect(made(stored, { html: 'no/such/report.html' })).rejects.toThrow('--html no/such/report.html: the file cannot be written');
  });
});

describe('speed', () => {
  const took = (hours: number) => ({
    id: `CVE-${hours}`,
    package: 'p',
    severity: 'high' as const,
    exploited: false,
    workload: 'web',
    reference: 'r',
    fixedAt: new Date(hours * 3_600_000).toISOString(),
    since: { at: '1970-01-01T00:00:00Z', of: 'fixReleased' as const },
  });

  it.each([
    [[], undefined, undefined],
    [[5], 5, 5],
    [[1, 2], 1, 2],
    [[3, 1, 2], 2, 3],
    [Array.from({ length: 100 }, (_, i) => i + 1), 50, 95],
  ])('of %j is the nearest rank', (hours, median, p95) => {
    const { medianMs, p95Ms } = speedOf(hours.map(took));
    expect([medianMs, p95Ms]).toEqual([median, p95].map((each) => (each === undefined ? undefined : each * 3_600_000)));
  });

  it('is never negative: a fix that came out after the promotion took no time', () => {
    expect(speedOf([{ ...took(1), since: { at: '1970-01-02T00:00:00Z', of: 'fixReleased' } }]).medianMs).toBe(0);
  });
});
