import { tzOffset } from '@date-fns/tz/tzOffset';
import type { Milliseconds } from './policy.js';

const DAY = 86_400_000;
const WEEK = 7 * DAY;

/** A time zone by its rules: how far its clocks are ahead of UTC. */
export interface Zone {
  /** Milliseconds ahead of UTC at an instant (epoch milliseconds). */
  offsetAt(at: number): Milliseconds;
  /** Whether the clocks certainly do not change in the 24 hours after an instant. */
  isSteady(at: number): boolean;
}

/**
 * The zone of an IANA name. The runtime is slow to answer, so it is asked once a week of time, once a day in weeks in which the
 * clocks change, and for each instant of that day.
 */
export function zoneOf(name: string): Zone {
  const known = ZONES.get(name) ?? readZone(name);
  ZONES.set(name, known);
  return known;
}

/** When a day begins in a zone, the day given by its midnight in UTC. Where midnight comes twice, the first; where it does not come, the change. */
export function startOfDay(midnight: number, timeZone: string): number {
  const { offsetAt } = zoneOf(timeZone);
  const [before, after] = [offsetAt(midnight - DAY), offsetAt(midnight + DAY)];
  const starts = [midnight - before, midnight - after].filter((at) => offsetAt(at) === midnight - at);
  return starts.length === 0 ? midnight - before : Math.min(...starts);
}

/** The instant (epoch milliseconds) at which the day of another ends in a zone. */
export function endOfDay(at: number, timeZone: string): number {
  const local = at + zoneOf(timeZone).offsetAt(at);
  return startOfDay((Math.floor(local / DAY) + 1) * DAY, timeZone);
}

/** What was learnt about zones, which never changes while the program runs. */
const ZONES = new Map<string, Zone>();

function readZone(name: string): Zone {
  const offset = remember((at) => Math.round(tzOffset(name, new Date(at)) * 60_000));
  const over = (length: number) =>
    remember((index) => {
      const start = offset(index * length);
      return start === offset((index + 1) * length) ? start : undefined;
    });
  const ofDay = over(DAY);
  const ofWeek = over(WEEK);
  const steadyOffset = (at: number) => ofWeek(Math.floor(at / WEEK)) ?? ofDay(Math.floor(at / DAY));
  return {
    offsetAt: (at) => steadyOffset(at) ?? offset(at),
    isSteady: (at) => steadyOffset(at) !== undefined && steadyOffset(at) === steadyOffset(at + DAY),
  };
}

function remember<V>(find: (key: number) => V): (key: number) => V {
  const found = new Map<number, { readonly value: V }>();
  return (key) => {
    const known = found.get(key) ?? { value: find(key) };
    found.set(key, known);
    return known.value;
  };
}

/** Whether this is a time zone as Kubernetes requires it: an IANA name in its own spelling, not `europe/berlin` or `+01:00`. */
export function isTimeZone(name: string): boolean {
  const canonical = canonicalZone(name);
  const spelled = name.split('/').every((part) => /^[A-Z]/.test(part));
  return spelled && canonical !== undefined && (canonical === name || canonical.toLowerCase() !== name.toLowerCase());
}

/** The runtime's own name of a time zone; undefined where it knows none of that name. */
export function canonicalZone(name: string): string | undefined {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}
