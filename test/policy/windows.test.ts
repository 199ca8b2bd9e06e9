import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Window } from '../../src/policy/policy.js';
import { openIntervals, startIntervals, windowState } from '../../src/policy/windows.js';

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
