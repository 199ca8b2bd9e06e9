import { zoneOf } from '../policy/zone.js';

const MINUTE = 60_000;

/** What calendar and clocks show in a time zone. */
export interface LocalTime {
  /** `Mon` */
  readonly weekday: string;
  /** `2026-11-23` */
  readonly date: string;
  /** `22:00` */
  readonly time: string;
  /** `+01:00`; `UTC` in that zone. */
  readonly offset: string;
}

export function localTime(at: number, timeZone: string): LocalTime {
  const offset = zoneOf(timeZone).offsetAt(at);
  const wall = new Date(at + offset).toISOString();
  return {
    weekday: weekdayOf(wall.slice(0, 10)),
    date: wall.slice(0, 10),
    time: wall.slice(11, 16),
    offset: timeZone === 'UTC' ? 'UTC' : offsetText(offset),
  };
}

/** `Mon 2026-11-23 22:00 +01:00` */
export function localText(at: number, timeZone: string): string {
  const { weekday, date, time, offset } = localTime(at, timeZone);
  return `${weekday} ${date} ${time} ${offset}`;
}

/** `Mon` of `2026-11-23`. */
export function weekdayOf(date: string): string {
  return ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][new Date(date).getUTCDay()] ?? '';
}

function offsetText(offset: number): string {
  const minutes = Math.round(Math.abs(offset) / MINUTE);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
