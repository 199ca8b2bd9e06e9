import { describe, expect, it } from 'vitest';
import { sandbox } from './fake-io.js';

const POLICY = {
  name: 'shop',
  timeZone: 'Europe/Berlin',
  scan: { schedule: '17 3 * * *', scanners: [{ kind: 'grype' }] },
  gate: { deadlines: { critical: '30d', high: '30d', medium: '60d', low: '90d' }, exploited: { bypassWindows: true } },
  windows: [
    { kind: 'allow', schedule: '0 22 * * 1-6', duration: '6h' },
    { kind: 'deny', from: '2026-10-28', to: '2026-10-29' },
    { kind: 'deny', schedule: '30 23 * * 5', duration: '45m' },
  ],
  stages: [
    { name: 'staging', namespace: 'shop-staging', windows: [] },
    { name: 'production', namespace: 'shop', after: ['staging'], soak: '48h' },
  ],
};

const explain = (policy: object, ...args: readonly string[]) =>
  sandbox({ 'policy.json': JSON.stringify({ ...POLICY, ...policy }) }).run('explain', 'policy.json', ...args);
/** From the evening before the clocks go back until after the freeze. */
const AUTUMN = ['--from', '2026-10-24T18:00:00Z', '--days', '6'];

describe('patchway explain shows when', () => {
  it('scans run and windows are open, in UTC as JSON', async () => {
    const { code, stdout } = await explain({}, '--format', 'json', ...AUTUMN);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      from: '2026-10-24T18:00:00Z',
      to: '2026-10-30T18:00:00Z',
      timeZone: 'Europe/Berlin',
      scans: ['25', '26', '27', '28', '29', '30'].map((day) => `2026-10-${day}T02:17:00Z`),
      windows: {
        staging: [{ opens: '2026-10-24T18:00:00Z', closes: '2026-10-30T18:00:00Z' }],
        production: [
          { opens: '2026-10-24T20:00:00Z', closes: '2026-10-25T02:00:00Z' },
          { opens: '2026-10-26T21:00:00Z', closes: '2026-10-27T03:00:00Z' },
          { opens: '2026-10-27T21:00:00Z', closes: '2026-10-27T23:00:00Z' },
          { opens: '2026-10-29T23:00:00Z', closes: '2026-10-30T03:00:00Z' },
        ],
      },
      stages: [
        { name: 'staging', after: [], soakMs: 0, approval: 'none' },
        { name: 'production', namespace: 'shop', after: ['staging'], soakMs: 172_800_000, way: expect.arrayContaining(['in a window']) },
      ],
      promotion: { engine: 'jobs', schedule: '*/10 * * * *' },
    });
  });

  it('the same as text, by the clocks of the policy’s zone', async () => {
    const { stdout } = await explain({}, ...AUTUMN);
    expect(stdout.slice(stdout.indexOf('How an image passes'))).toBe(`How an image passes the stages
  staging
    takes its images from the lock when its manifests are applied
  production
    takes what staging runs
    when it has run there healthily for 48h
    when the gate lets it through
    in a window
    looking on the schedule */10 * * * *
    a fix for an exploited finding does not wait for windows

From Sat 2026-10-24 20:00 +02:00 to Fri 2026-10-30 19:00 +01:00, in Europe/Berlin

Scans (17 3 * * *)
  Sun 2026-10-25 03:17 +01:00
  Mon 2026-10-26 03:17 +01:00
  Tue 2026-10-27 03:17 +01:00
  Wed 2026-10-28 03:17 +01:00
  Thu 2026-10-29 03:17 +01:00
  Fri 2026-10-30 03:17 +01:00

Windows of staging: always open

Windows of production
  open   Sat 2026-10-24 22:00 +02:00 to Sun 2026-10-25 03:00 +01:00 (6h)
  open   Mon 2026-10-26 22:00 +01:00 to Tue 2026-10-27 04:00 +01:00 (6h)
  open   Tue 2026-10-27 22:00 +01:00 to Wed 2026-10-28 00:00 +01:00 (2h)
  denied Wed 2026-10-28 00:00 +01:00 to Fri 2026-10-30 00:00 +01:00 (48h)
  open   Fri 2026-10-30 00:00 +01:00 to Fri 2026-10-30 04:00 +01:00 (4h)
`);
  });

  it('an image waits for an approval, and which of several stages it comes from', async () => {
    const stages = [
      ...POLICY.stages,
      { name: 'asia', namespace: 'shop-asia', after: { oneOf: ['staging', 'production'] }, approval: 'manual', windows: [] },
    ];
    const { stdout } = await explain({ stages }, ...AUTUMN);
    expect(stdout).toContain(`  asia
    takes what staging or production runs
    when the gate lets it through
    when somebody has approved it
    looking on the schedule`);
  });

  it('from now on, for a week', async () => {
    const { stdout } = await explain({ timeZone: 'UTC' });
    expect(stdout).toContain('From Sat 2026-11-21 10:00 UTC to Sat 2026-11-28 10:00 UTC, in UTC');
  });

  it('the first of many scans, and how many more', async () => {
    const { stdout } = await explain({ scan: { ...POLICY.scan, schedule: '0 * * * *' } }, ...AUTUMN);
    expect(stdout.match(/^ {2}\w{3} 2026-\S+ \S+ \S+$/gm)).toHaveLength(12);
    expect(stdout).toContain('  and 132 more, the last at Fri 2026-10-30 18:00 +01:00\n');
  });

  it('nothing, where a stage stays closed', async () => {
    const { stdout } = await explain({}, '--from', '2026-10-28T00:00:00Z', '--days', '1');
    expect(stdout).toContain('Windows of production: closed all this time\n  denied Wed 2026-10-28 01:00 +01:00');
  });

  it.each([
    ['--days', '0', '--days 0: write a whole number from 1 to 366.'],
    ['--days', '1.5', '--days 1.5: write a whole number from 1 to 366.'],
    ['--days', '367', '--days 367: write a whole number'],
    ['--from', '2026-10-24', '--from 2026-10-24: this is not an instant.'],
    ['--format', 'pdf', '--format pdf: use text, json, svg, html.'],
  ])('but not with %s %s', async (option, value, message) => {
    const { code, stdout, stderr } = await explain({}, option, value);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toContain(message);
  });
});

interface Box {
  readonly kind: string;
  readonly left: number;
  readonly width: number;
  readonly top: number;
  readonly height: number;
  readonly told: string;
}

/** Hours since midnight are 27 wide and begin at 120. */
function boxesOf(svg: string): readonly Box[] {
  const pattern = /<rect class="(\w+)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"(?:\/>|><title>([^<]*)<)/g;
  return [...svg.matchAll(pattern)].map(([, kind = '', x, y, width, height, told = '']) => ({
    kind,
    left: (Number(x) - 120) / 27,
    width: Number(width) / 27,
    top: Number(y),
    height: Number(height),
    told,
  }));
}

describe('patchway explain draws a calendar', () => {
  const openOf = (svg: string, told: string) => boxesOf(svg).filter((box) => box.told.startsWith(`production ${told}`));

  it('with an hour that comes twice in two lanes of one column', async () => {
    const { stdout } = await explain({}, '--format', 'svg', ...AUTUMN);
    const night = openOf(stdout, 'open: Sat 2026-10-24 22:00 +02:00 to Sun 2026-10-25 03:00 +01:00');
    expect(night.map(({ left, width, height }) => [left, width, height])).toEqual([
      [22, 2, 15],
      [0, 2, 15],
      [2, 1, 7.5],
      [2, 1, 7.5],
    ]);
    expect(new Set(night.map(({ top }) => top)).size).toBe(3);
    expect(stdout).toContain('02:00 to 03:00 comes twice');
  });

  it('with an hour that is left out as a gap', async () => {
    const { stdout } = await explain({}, '--format', 'svg', '--from', '2026-03-28T00:00:00Z', '--days', '2');
    const night = openOf(stdout, 'open: Sat 2026-03-28 22:00 +01:00 to Sun 2026-03-29 05:00 +02:00');
    expect(night.map(({ left, width }) => [left, width])).toEqual([
      [22, 2],
      [0, 2],
      [3, 2],
    ]);
    expect(boxesOf(stdout).filter(({ kind }) => kind === 'gone')).toMatchObject([
      { left: 2, width: 1 },
      { left: 2, width: 1 },
    ]);
    expect(stdout).toContain('02:00 to 03:00 is left out');
  });

  it('with denied time hatched and scans as ticks, each with what it is', async () => {
    const { stdout } = await explain({}, '--format', 'svg', ...AUTUMN);
    expect(openOf(stdout, 'denied')).toMatchObject([
      { left: 0, width: 24, told: 'production denied: Wed 2026-10-28 00:00 +01:00 to Fri 2026-10-30 00:00 +01:00' },
      { left: 0, width: 24 },
    ]);
    expect(stdout).toContain('.denied{fill:url(#hatch)}');
    expect(stdout.match(/<title>scan: /g)).toHaveLength(12);
  });

  it('that names itself and describes itself, and takes nothing from outside', async () => {
    const { stdout } = await explain({}, '--format', 'svg', ...AUTUMN);
    expect(stdout).toContain('role="img" aria-labelledby="calendar-title calendar-desc"');
    expect(stdout).toContain('<title id="calendar-title">When shop may roll out</title>');
    expect(stdout).toMatch(/<desc id="calendar-desc">[^<]*staging: always open\. production: open 4 times, denied once\.<\/desc>/);
    expect(stdout.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|<script|@import|href/);
  });

  it('within a page that has the same as tables', async () => {
    const { stdout } = await explain({}, '--format', 'html', ...AUTUMN);
    expect(stdout).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(stdout).toContain('<h1>Patch policy shop</h1>');
    expect(stdout).toContain(
      '<tr><td>denied</td><td>Wed 2026-10-28 00:00 +01:00</td><td>Fri 2026-10-30 00:00 +01:00</td><td>48h</td></tr>',
    );
    expect(stdout).toContain('<p>staging has no windows: it is always open.</p>');
    expect(stdout.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|<script|@import|href/);
  });
});
