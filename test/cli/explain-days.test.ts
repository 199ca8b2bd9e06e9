import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { daysBetween } from '../../src/cli/explain/days.js';
import { localTime } from '../../src/cli/local-time.js';

const HOUR = 3_600_000;
const at = (text: string) => Date.parse(text);

describe('days by the clocks of a zone', () => {
  it.each([
    ['Europe/Berlin', '2026-03-28T23:00:00Z', '2026-03-29', 23],
    ['Europe/Berlin', '2026-10-24T22:00:00Z', '2026-10-25', 25],
    ['Australia/Lord_Howe', '2024-04-06T13:00:00Z', '2024-04-07', 24.5],
    ['America/New_York', '2024-03-10T05:00:00Z', '2024-03-10', 23],
    ['UTC', '2026-03-29T00:00:00Z', '2026-03-29', 24],
  ])('in %s from %s: %s has %d hours', (zone, from, date, hours) => {
    const days = daysBetween(at(from), at(from) + 48 * HOUR, zone);
    expect(days[0]).toMatchObject({ date, hours });
  });

  it('show hours that come twice as two passes', () => {
    const [day] = daysBetween(at('2026-10-24T22:00:00Z'), at('2026-10-25T23:00:00Z'), 'Europe/Berlin');
    expect(day?.pieces.map(({ from, to, hour, pass }) => [hour, (to - from) / HOUR, pass])).toEqual([
      [0, 2, undefined],
      [2, 1, 'first'],
      [2, 1, 'second'],
      [3, 21, undefined],
    ]);
  });

  it('leave no time out, and put each piece where the clocks show it', () => {
    const zone = fc.constantFrom(
      'UTC',
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Beirut',
      'America/Havana',
      'Asia/Kathmandu',
    );
    const begin = fc.integer({ min: at('2023-01-01T00:00:00Z') / HOUR, max: at('2025-01-01T00:00:00Z') / HOUR }).map((hour) => hour * HOUR);
    fc.assert(
      fc.property(zone, begin, fc.integer({ min: 1, max: 40 }), (timeZone, from, days) => {
        const to = from + days * 24 * HOUR;
        const pieces = daysBetween(from, to, timeZone).flatMap(({ date, pieces: each }) => each.map((piece) => ({ date, ...piece })));
        const sorted = [...pieces].sort((a, b) => a.from - b.from);
        expect([sorted[0]?.from, sorted.at(-1)?.to]).toEqual([from, to]);
        for (const [i, piece] of sorted.entries()) {
          if (i > 0) expect(piece.from).toBe(sorted[i - 1]?.to);
          const { date, time } = localTime(piece.from, timeZone);
          expect([piece.date, piece.hour]).toEqual([date, Number(time.slice(0, 2)) + Number(time.slice(3)) / 60]);
        }
      }),
      { numRuns: 60 },
    );
  });
});
