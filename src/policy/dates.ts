import { startOfDay } from './zone.js';

const DAY = 86_400_000;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;

/**
 * The instant (epoch milliseconds) that is written (RFC 3339), or of a date the start or the end of that day in a time
 * zone. Undefined where it is neither, or a day that the calendar does not have.
 */
export function momentOf(written: string, timeZone: string, edge: 'start' | 'end'): number | undefined {
  const day = written.slice(0, 10);
  if (!isDay(day)) return undefined;
  if (DATE.test(written)) return startOfDay(Date.parse(day) + (edge === 'start' ? 0 : DAY), timeZone);
  const at = INSTANT.test(written) ? Date.parse(written.toUpperCase()) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}

/** `Date.parse` makes the 2nd of March of the 30th of February. */
function isDay(day: string): boolean {
  const ms = Date.parse(day);
  return DATE.test(day) && !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day);
}
