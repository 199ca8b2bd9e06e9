import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseSchedule } from '../../src/policy/cron.js';
import { nextFires, resolveMinute, scheduleOf } from '../../src/policy/schedule.js';

interface Fixture {
  readonly count: number;
  /** Before it: later clock changes are not settled, and each runtime knows others. */
  readonly end: string;
  readonly cases: readonly { zone: string; schedule: string; start: string; fires: readonly string[] }[];
}

const oracle: Fixture = JSON.parse(readFileSync(new URL('./fixtures/cron.json', import.meta.url), 'utf8'));
/** Every fire of each year, hashed. */
interface LongRun {
  readonly years: readonly string[];
  readonly cases: readonly { zone: string; schedule: string; years: readonly string[] }[];
}

const longRun: LongRun = JSON.parse(readFileSync(new URL('./fixtures/cron-years.json', import.meta.url), 'utf8'));
const hashOf = (fires: readonly string[]) => createHash('sha256').update(fires.join(' ')).digest('hex').slice(0, 12);
const iso = (at: number) => new Date(at).toISOString().replace('.000Z', 'Z');

function firesUntil(schedule: string, zone: string, after: number, end: number): readonly string[] {
  const { next } = scheduleOf(schedule, zone);
  const fires: string[] = [];
  for (let fire = next(after); fire !== undefined && fire < end; fire = next(fire)) fires.push(iso(fire));
  return fires;
}

describe('a schedule fires when Kubernetes fires it', () => {
  const zones = [...new Set(oracle.cases.map(({ zone }) => zone))];
  it.each(zones)('in %s', (zone) => {
    for (const { schedule, start, fires } of oracle.cases.filter((c) => c.zone === zone)) {
      const got = nextFires(schedule, zone, Date.parse(start), oracle.count)
        .map(iso)
        .filter((fire) => fire < oracle.end);
      expect(got, `${schedule} after ${start}`).toEqual(fires);
    }
  });

  it.each(longRun.cases.map(({ zone }) => zone).filter((zone, i, all) => all.indexOf(zone) === i))('in ten years of %s', (zone) => {
    const [first = '', last = ''] = [longRun.years[0], longRun.years.at(-1)];
    for (const { schedule, years } of longRun.cases.filter((c) => c.zone === zone)) {
      const fires = firesUntil(schedule, zone, Date.UTC(Number(first), 0, 1) - 1000, Date.UTC(Number(last) + 1, 0, 1));
      const hashes = longRun.years.map((year) => [year, hashOf(fires.filter((fire) => fire.startsWith(year)))]);
      expect(hashes, schedule).toEqual(longRun.years.map((year, i) => [year, years[i]]));
    }
  });

  it('is compared in more than twenty zones', () => expect(new Set(longRun.cases.map(({ zone }) => zone)).size).toBeGreaterThan(20));

  it('is compared on many cases', () => expect(oracle.cases.length).toBeGreaterThan(300));

  it('never, on 30 February', () => expect(nextFires('0 0 30 2 *', 'UTC', Date.UTC(2026, 0, 1), 1)).toEqual([]));

  it('after the given instant, not at it', () => {
    expect(nextFires('0 0 * * *', 'UTC', Date.UTC(2026, 0, 1), 1)).toEqual([Date.UTC(2026, 0, 2)]);
  });

  it('also past a day that a zone left out', () => {
    expect(nextFires('0 12 * * SUN', 'Pacific/Apia', Date.UTC(2011, 11, 28), 1).map(iso)).toEqual(['2011-12-31T22:00:00Z']);
  });
});

describe('a schedule is read', () => {
  it.each(['*/5 * * * *', '0 0 1,15 * ?', '5/20 0-3 * JAN-jun sun', '@daily', '  1 2 3 4 5 '])('%s', (schedule) => {
    expect(parseSchedule(schedule)).not.toHaveProperty('message');
  });

  it.each([
    ['', 'five fields'],
    ['* * * *', 'has 4'],
    ['0 0 * * * *', 'has 6'],
    ['60 * * * *', 'not within a minute'],
    ['0 24 * * *', 'not within an hour'],
    ['0 0 0 * *', 'not within a day of month'],
    ['0 0 * 13 *', 'not within a month'],
    ['0 0 * * 7', 'not within a day of week'],
    ['0 0 * * L', 'not within a day of week'],
    ['0 0 * * 1#2', 'cannot be read'],
    ['0 0 * * 5-1', 'ends before it starts'],
    ['*/0 * * * *', 'a step of 0'],
    ['*-5 * * * *', 'cannot be read'],
    ['@every 1h', 'depends on when it starts'],
    ['@fortnightly', 'no such macro'],
    ['TZ=UTC 0 0 * * *', 'no time zone'],
    ['CRON_TZ=UTC 0 0 * * *', 'no time zone'],
  ])('or refused: %s', (schedule, message) => {
    const read = parseSchedule(schedule);
    expect(read).toEqual({ message: expect.stringContaining(message), hint: expect.stringMatching(/\w/) });
  });
});

describe('H', () => {
  it('becomes a minute', () => expect(resolveMinute('H 3 * * *', 137)).toBe('17 3 * * *'));
  it('leaves other schedules alone', () => expect(resolveMinute('5 3 * * *', 137)).toBe('5 3 * * *'));
});
