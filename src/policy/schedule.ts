import { type CronFields, parseSchedule } from './cron.js';
import { type Zone, zoneOf } from './zone.js';

/** A schedule in a time zone, ready to be asked. */
export interface Schedule {
  /** The first instant after this one at which it fires (epoch milliseconds); undefined: never within five years. */
  next(afterMs: number): number | undefined;
}

/** The schedule of five-field cron in an IANA time zone; one that cannot be read never fires. */
export function scheduleOf(schedule: string, timeZone: string): Schedule {
  const fields = parseSchedule(schedule);
  if ('message' in fields) return { next: () => undefined };
  const zone = zoneOf(timeZone);
  const times = timesOfDay(fields);
  return { next: (afterMs) => soonFire(fields, times, zone, afterMs) ?? nextFire(fields, zone, afterMs) };
}

/**
 * The next `count` instants after `afterMs` (epoch milliseconds), as Kubernetes' CronJob controller computes them;
 * fewer where the schedule fires no more within five years.
 */
export function nextFires(schedule: string, timeZone: string, afterMs: number, count: number): number[] {
  const { next } = scheduleOf(schedule, timeZone);
  const fires: number[] = [];
  for (let fire = next(afterMs); fire !== undefined && fires.length < count; fire = next(fire)) fires.push(fire);
  return fires;
}

/** The schedule with `H` as its minute replaced: names spread over the hour, and each always gets the same minute. */
export function resolveMinute(schedule: string, hash: number): string {
  return schedule.trim().replace(/^H(?=\s)/, String(hash % 60));
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** As far as a weekly schedule looks ahead. */
const SOON = 8;

/** The same as `nextFire` by plain arithmetic, on days on which the clocks do not change; undefined where that does not tell. */
function soonFire(fields: CronFields, times: readonly number[], zone: Zone, afterMs: number): number | undefined {
  let at = Math.floor(afterMs / MINUTE) * MINUTE + MINUTE;
  for (let day = 0; day < SOON && zone.isSteady(at); day++) {
    const offset = zone.offsetAt(at);
    const midnight = Math.floor((at + offset) / DAY) * DAY;
    const wall = new Date(midnight);
    const from = at + offset - midnight;
    const fits = fields.month.has(wall.getUTCMonth() + 1) && matchesDay(fields, wall);
    const fire = fits ? times.find((time) => time >= from) : undefined;
    if (fire !== undefined) return midnight + fire - offset;
    at = midnight + DAY - offset;
  }
  return undefined;
}

/** Every time of day that matches, in milliseconds since midnight, in order. */
function timesOfDay({ hour, minute }: CronFields): readonly number[] {
  return [...hour].flatMap((h) => [...minute].map((m) => h * HOUR + m * MINUTE)).sort((a, b) => a - b);
}

/**
 * The controller's library steps through months, days, hours and minutes on the wall clock. What it does where the clocks
 * change follows from these very steps, so they are taken here as well.
 *
 * @see https://github.com/robfig/cron/blob/v3.0.1/spec.go
 */
function nextFire(fields: CronFields, zone: Zone, afterMs: number): number | undefined {
  const clock = clockOf(zone);
  let at = Math.floor(afterMs / MINUTE) * MINUTE + MINUTE;
  const lastYear = clock.wall(at).getUTCFullYear() + 5;
  let stepped = false;
  const step = (start: ((wall: Date) => number) | undefined, next: (at: number) => number) => {
    if (!stepped && start !== undefined) at = clock.instant(start(clock.wall(at)));
    stepped = true;
    // Where a zone left a day out (Samoa in 2011) the library steps on the spot for ever.
    const reached = next(at);
    at = reached > at ? reached : at + DAY;
  };

  search: while (clock.wall(at).getUTCFullYear() <= lastYear) {
    while (!fields.month.has(clock.wall(at).getUTCMonth() + 1)) {
      step(startOfMonth, (t) => clock.instant(nextMonth(clock.wall(t))));
      if (clock.wall(at).getUTCMonth() === 0) continue search;
    }
    while (!matchesDay(fields, clock.wall(at))) {
      step(startOfDay, (t) => nearMidnight(clock, clock.instant(clock.wall(t).getTime() + DAY)));
      if (clock.wall(at).getUTCDate() === 1) continue search;
    }
    while (!fields.hour.has(clock.wall(at).getUTCHours())) {
      step(startOfHour, (t) => t + HOUR * (zone.isSteady(t) ? until(fields.hour, clock.wall(t).getUTCHours(), 24) : 1));
      if (clock.wall(at).getUTCHours() === 0) continue search;
    }
    while (!fields.minute.has(clock.wall(at).getUTCMinutes())) {
      step(undefined, (t) => t + MINUTE * (zone.isSteady(t) ? until(fields.minute, clock.wall(t).getUTCMinutes(), 60) : 1));
      if (clock.wall(at).getUTCMinutes() === 0) continue search;
    }
    return at;
  }
  return undefined;
}

function matchesDay(fields: CronFields, wall: Date): boolean {
  const inMonth = fields.dayOfMonth.has(wall.getUTCDate());
  const inWeek = fields.dayOfWeek.has(wall.getUTCDay());
  return fields.eitherDay ? inMonth || inWeek : inMonth && inWeek;
}

const startOfMonth = (wall: Date) => Date.UTC(wall.getUTCFullYear(), wall.getUTCMonth(), 1);
const startOfDay = (wall: Date) => Date.UTC(wall.getUTCFullYear(), wall.getUTCMonth(), wall.getUTCDate());
const startOfHour = (wall: Date) => startOfDay(wall) + wall.getUTCHours() * HOUR;
const nextMonth = (wall: Date) => {
  const next = new Date(wall);
  next.setUTCMonth(wall.getUTCMonth() + 1);
  return next.getTime();
};

/** How many steps lead to the next value that matches, or to the end of the day or hour: many taken as one. */
function until(values: ReadonlySet<number>, value: number, end: number): number {
  let steps = 1;
  while (value + steps < end && !values.has(value + steps)) steps++;
  return steps;
}

/** Back to midnight, by the clock's face, where a day began at one o'clock or the step ended an hour early. */
function nearMidnight(clock: Clock, at: number): number {
  const hour = clock.wall(at).getUTCHours();
  if (hour === 0) return at;
  return hour > 12 ? at + (24 - hour) * HOUR : at - hour * HOUR;
}

interface Clock {
  /** What the clocks on the wall show, in the UTC fields of a Date. */
  wall(at: number): Date;
  /** An instant at which the clocks show this. Where they do twice or never, Go's choice. */
  instant(wall: number): number;
}

function clockOf(zone: Zone): Clock {
  return {
    wall: (at) => new Date(at + zone.offsetAt(at)),
    instant: (wall) => wall - zone.offsetAt(wall - zone.offsetAt(wall)),
  };
}
