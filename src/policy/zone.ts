import { tzOffset } from '@date-fns/tz/tzOffset';
import type { Milliseconds } from './policy.js';

const DAY = 86_400_000;

/** A time zone by its rules: how far its clocks are ahead of UTC. */
export interface Zone {
  /** Milliseconds ahead of UTC at an instant (epoch milliseconds). */
  offsetAt(at: number): Milliseconds;
}

/** The zone of an IANA name. Asks the runtime once per day, and per instant only on days when the clocks change. */
export function zoneOf(name: string): Zone {
  const offset = (at: number) => Math.round(tzOffset(name, new Date(at)) * 60_000);
  const days = new Map<number, number | 'changes'>();
  const ofDay = (day: number): number | 'changes' => {
    const start = offset(day * DAY);
    return start === offset((day + 1) * DAY) ? start : 'changes';
  };
  return {
    offsetAt: (at) => {
      const day = Math.floor(at / DAY);
      const known = days.get(day) ?? ofDay(day);
      days.set(day, known);
      return known === 'changes' ? offset(at) : known;
    },
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
