import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../src/policy/parse.js';
import type { DatedWindow, Window } from '../../src/policy/policy.js';
import { nextFires } from '../../src/policy/schedule.js';
import { isRecurring, openIntervals, startIntervals, windowState } from '../../src/policy/windows.js';
import { storefront } from './storefront.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const at = (text: string) => Date.parse(`${text}Z`);
const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString().slice(0, 16));
const window = (kind: Window['kind'], schedule: string, hours: number, cutoff = 10 * MINUTE): Window => ({
  kind,
  schedule,
  duration: hours * HOUR,
  timeZone: 'UTC',
  cutoff,
});
const dated = (kind: Window['kind'], from: string, to: string, cutoff = 10 * MINUTE): DatedWindow => ({
  kind,
  from: `${from}:00Z`,
  to: `${to}:00Z`,
  cutoff,
});
const freeze = dated('deny', '2026-12-20T00:00', '2027-01-04T00:00');
const night = window('allow', '0 22 * * *', 6);

describe('a rollout may start', () => {
  it.each<[string, readonly Window[], string, boolean, string | undefined]>([
    ['always, without windows', [], '2026-01-05T12:00', true, undefined],
    ['when a window opens', [night], '2026-01-05T22:00', true, '2026-01-06T03:50'],
    ['not before it', [night], '2026-01-05T21:59', false, '2026-01-05T22:00'],
    ['not when the rest is too short for it', [night], '2026-01-06T03:50', false, '2026-01-06T22:00'],
    ['not while denied', [night, window('deny', '0 23 * * *', 1)], '2026-01-05T23:30', false, '2026-01-06T00:00'],
    ['not shortly before it is denied', [night, window('deny', '0 23 * * *', 1)], '2026-01-05T22:50', false, '2026-01-06T00:00'],
    ['at any time that is not denied', [window('deny', '0 0 24 12 *', 72)], '2026-12-20T00:00', true, '2026-12-23T23:50'],
    ['through windows that meet', [window('allow', '0 0 * * *', 24)], '2026-01-05T23:55', true, undefined],
    ['until shortly before a freeze', [night, freeze], '2026-12-19T23:00', true, '2026-12-19T23:50'],
    ['not in a freeze, until the first window after it', [night, freeze], '2026-12-24T22:30', false, '2027-01-04T00:00'],
    ['not in a freeze alone, but then always', [freeze], '2026-12-24T22:30', false, '2027-01-04T00:00'],
    ['in a freeze that was', [freeze], '2027-01-04T00:00', true, undefined],
    ['in one night more', [night, dated('allow', '2026-01-05T10:00', '2026-01-05T12:00')], '2026-01-05T11:00', true, '2026-01-05T11:50'],
    ['never, where it never opens', [window('allow', '0 0 30 2 *', 24)], '2026-01-05T23:55', false, undefined],
  ])('%s', (_, windows, now, open, changes) => {
    const state = windowState(windows, at(now));
    expect([state.open, iso(state.open ? state.closesAt : state.opensAt)]).toEqual([open, changes]);
  });
});

it('open intervals are joined, and denied time is cut out', () => {
  const windows = [window('allow', '0 8 * * *', 4), window('allow', '0 11 * * *', 3), window('deny', '0 9 * * *', 1)];
  const open = openIntervals(windows, at('2026-01-05T00:00'), at('2026-01-06T08:30'));
  expect(open.map(({ opens, closes }) => [iso(opens), iso(closes)])).toEqual([
    ['2026-01-05T08:00', '2026-01-05T09:00'],
    ['2026-01-05T10:00', '2026-01-05T14:00'],
    ['2026-01-06T08:00', '2026-01-06T08:30'],
  ]);
});

it('a rollout starts only while it is open, and the state says the same as the intervals', () => {
  const anyWindow = fc
    .record({ kind: fc.constantFrom('allow', 'deny'), hour: fc.integer({ min: 0, max: 23 }), hours: fc.integer({ min: 1, max: 30 }) })
    .map(({ kind, hour, hours }) => window(kind === 'allow' ? 'allow' : 'deny', `0 ${hour} * * *`, hours));
  const from = at('2026-01-05T00:00');
  const instant = fc.integer({ min: 0, max: 72 * 60 }).map((minutes) => from + minutes * MINUTE);
  fc.assert(
    fc.property(fc.array(anyWindow, { minLength: 1, maxLength: 4 }), instant, (windows, now) => {
      const within = (intervals: readonly { opens: number; closes: number }[]) => intervals.some((i) => i.opens <= now && now < i.closes);
      const { open } = windowState(windows, now);
      expect(open).toBe(within(startIntervals(windows, from - 48 * HOUR, from + 120 * HOUR)));
      if (open) expect(within(openIntervals(windows, from - 48 * HOUR, from + 120 * HOUR))).toBe(true);
    }),
    { numRuns: 60 },
  );
});

it('a freeze is cut out of what is open, and dated windows join others', () => {
  const windows = [night, dated('allow', '2026-12-19T20:00', '2026-12-19T22:00'), freeze];
  const open = openIntervals(windows, at('2026-12-19T00:00'), at('2027-01-04T23:00'));
  expect(open.map(({ opens, closes }) => [iso(opens), iso(closes)])).toEqual([
    ['2026-12-19T00:00', '2026-12-19T04:00'],
    ['2026-12-19T20:00', '2026-12-20T00:00'],
    ['2027-01-04T00:00', '2027-01-04T04:00'],
    ['2027-01-04T22:00', '2027-01-04T23:00'],
  ]);
});

describe('what may start agrees with a minute-by-minute look', () => {
  // Weeks in which clocks change, both ways. Not Lord Howe's, by half an hour: there the controller's arithmetic may leave out
  // a start on the day of the change, depending on the instant that it is asked from.
  const weeks = fc.constantFrom(
    ['Europe/Berlin', '2026-03-27T00:00'],
    ['Europe/Berlin', '2026-10-23T00:00'],
    ['America/New_York', '2024-03-09T00:00'],
    ['America/Sao_Paulo', '2018-11-02T00:00'],
    ['Asia/Beirut', '2024-10-25T00:00'],
    ['UTC', '2026-01-05T00:00'],
  );
  const kind = fc.constantFrom<Window['kind'][]>('allow', 'deny');
  const cutoff = fc.constantFrom(0, 10, 45).map((minutes) => minutes * MINUTE);
  const schedule = fc.constantFrom('0 22 * * *', '30 2 * * *', '0 0 * * 0', '0 */5 * * *', '15 1 1,29 * 6', '0 9 * * 1-5');
  const recurring = fc
    .record({ kind, schedule, hours: fc.constantFrom(0.5, 1, 4, 24, 30), cutoff })
    .map(({ hours, ...rest }) => ({ ...rest, duration: hours * HOUR }));
  const once = fc.record({ kind, start: fc.integer({ min: -20, max: 90 }), hours: fc.integer({ min: 1, max: 60 }), cutoff });
  const quarter = fc.integer({ min: 0, max: 72 * 4 });

  it('for recurring and dated windows alike', () => {
    fc.assert(
      fc.property(weeks, fc.array(fc.oneof(recurring, once), { minLength: 1, maxLength: 4 }), quarter, ([timeZone, begin], drawn, n) => {
        const from = at(begin);
        const windows = drawn.map((each): Window => {
          if ('schedule' in each) return { ...each, timeZone };
          const opens = from + each.start * HOUR;
          const instant = (ms: number) => new Date(ms).toISOString();
          return { kind: each.kind, from: instant(opens), to: instant(opens + each.hours * HOUR), cutoff: each.cutoff };
        });
        const now = from + n * 15 * MINUTE;
        const within = (intervals: readonly { opens: number; closes: number }[]) => intervals.some((i) => i.opens <= now && now < i.closes);
        expect(within(openIntervals(windows, from, from + 96 * HOUR)), 'open').toBe(isOpen(windows, now));
        expect(within(startIntervals(windows, from, from + 96 * HOUR)), 'may start').toBe(mayStart(windows, now));
        expect(windowState(windows, now).open, 'state').toBe(mayStart(windows, now));
      }),
      { numRuns: 300 },
    );
  });

  const fires = new Map<string, readonly number[]>();
  function firesOf(cron: string, timeZone: string, near: number): readonly number[] {
    const month = Math.floor(near / (30 * 24 * HOUR));
    const key = `${cron} ${timeZone} ${month}`;
    const known = fires.get(key) ?? nextFires(cron, timeZone, (month - 1) * 30 * 24 * HOUR, 500);
    fires.set(key, known);
    return known;
  }
  function covers(each: Window, t: number): boolean {
    if (!isRecurring(each)) return Date.parse(each.from) <= t && t < Date.parse(each.to);
    return firesOf(each.schedule, each.timeZone, t).some((fire) => fire <= t && t < fire + each.duration);
  }
  function isAllowed(windows: readonly Window[], t: number): boolean {
    const allow = windows.filter((each) => each.kind === 'allow');
    return allow.length === 0 || allow.some((each) => covers(each, t));
  }
  function isOpen(windows: readonly Window[], t: number): boolean {
    return isAllowed(windows, t) && !windows.some((each) => each.kind === 'deny' && covers(each, t));
  }
  /** A rollout of the cutoff's length stays within what one of the windows that are open begins, and meets nothing that is denied. */
  function mayStart(windows: readonly Window[], t: number): boolean {
    const steps = (length: number) => Array.from({ length: length / (5 * MINUTE) + 1 }, (_, i) => t + i * 5 * MINUTE);
    const allow = windows.filter((each) => each.kind === 'allow');
    const fits = (each: Window) => steps(each.cutoff).every((later) => isAllowed(windows, later));
    const allowed = allow.length === 0 || allow.some((each) => covers(each, t) && fits(each));
    const denied = windows.some((each) => each.kind === 'deny' && steps(Math.max(0, each.cutoff)).some((s) => covers(each, s)));
    return allowed && !denied;
  }
});

describe('a window with dates', () => {
  const windows = (...input: readonly object[]) => parsePolicy({ ...storefront(), timeZone: 'Europe/Berlin', windows: input });
  const problems = (...input: readonly object[]) =>
    windows(...input).problems.map((p) => `${p.severity} ${p.path}: ${p.message} ${p.expected ?? ''} ${p.hint ?? ''}`);

  it.each([
    [
      'days of the policy’s zone, the last to its end',
      { from: '2026-12-20', to: '2027-01-03' },
      '2026-12-19T23:00:00Z',
      '2027-01-03T23:00:00Z',
    ],
    ['one day', { from: '2026-12-24', to: '2026-12-24' }, '2026-12-23T23:00:00Z', '2026-12-24T23:00:00Z'],
    ['a day of 23 hours', { from: '2026-03-29', to: '2026-03-29' }, '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z'],
    [
      'days of its own zone',
      { from: '2026-12-20', to: '2026-12-20', timeZone: 'Asia/Tokyo' },
      '2026-12-19T15:00:00Z',
      '2026-12-20T15:00:00Z',
    ],
    ['instants', { from: '2026-12-20T18:00:00+01:00', to: '2026-12-21T06:30:00Z' }, '2026-12-20T17:00:00Z', '2026-12-21T06:30:00Z'],
  ])('is read as %s', (_, dates, from, to) => {
    const { policy, problems: found } = windows({ kind: 'deny', ...dates });
    expect(found.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(policy?.windows).toEqual([{ kind: 'deny', from, to, cutoff: 600_000 }]);
  });

  it('belongs to one stage where that has windows of its own', () => {
    const policy = storefront();
    const stages = policy.stages.map((stage) => ({ ...stage, windows: [{ kind: 'deny', from: '2026-12-24', to: '2026-12-26' } as const] }));
    const parsed = parsePolicy({ ...policy, stages }).policy;
    expect(parsed?.stage('production').windows).toEqual([
      { kind: 'deny', from: '2026-12-24T00:00:00Z', to: '2026-12-27T00:00:00Z', cutoff: 600_000 },
    ]);
  });

  it.each<[string, object, string]>([
    [
      'no end',
      { kind: 'deny', from: '2026-12-20' },
      "error windows[0].to: This field is required.  Write its last day, such as to: '2027-01-03'.",
    ],
    [
      'a day that no calendar has',
      { kind: 'deny', from: '2026-02-30', to: '2026-03-01' },
      'error windows[0].from: This is neither a date nor an instant.',
    ],
    [
      'a time without an offset',
      { kind: 'deny', from: '2026-02-20T10:00:00', to: '2026-03-01' },
      'error windows[0].from: This is neither a date nor an instant.',
    ],
    [
      'dates the wrong way round',
      { kind: 'deny', from: '2027-01-03', to: '2026-12-20' },
      'error windows[0].to: The window begins at 2027-01-02T23:00:00Z and ends at 2026-12-20T23:00:00Z: it never comes.',
    ],
    [
      'a duration',
      { kind: 'deny', from: '2026-12-20', to: '2027-01-03', duration: '6h' },
      'error windows[0].duration: There is no such field.',
    ],
    [
      'nothing that says when',
      { kind: 'deny' },
      'error windows[0]: This is no window. { kind, schedule, duration } for one that comes again',
    ],
    [
      'an allowed time shorter than a rollout',
      { kind: 'allow', from: '2026-12-20T10:00:00Z', to: '2026-12-20T10:10:00Z' },
      'error windows[0].to: 10m is not longer than its cutoff, 10m',
    ],
    [
      'a freeze longer than a deadline',
      { kind: 'deny', from: '2026-12-20', to: '2027-01-03' },
      'warning windows[0]: The freeze lasts 15d, longer than 7d, the deadline of critical findings',
    ],
  ])('is refused or questioned with %s', (_, input, problem) => {
    expect(problems(input)[0]).toContain(problem);
  });

  it('has an end, so that it is no window that never opens', () =>
    expect(problems({ kind: 'deny', from: '2020-01-01', to: '2030-01-01' }).join()).not.toContain('No rollout could ever start'));
});
