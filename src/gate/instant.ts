/** The last second that RFC 3339 can write; a deadline beyond it is cut to it. */
const LAST = Date.UTC(9999, 11, 31, 23, 59, 59);

/** An instant, in epoch milliseconds, as stored: RFC 3339 in UTC, without fractions where they are zero. */
export function toInstant(ms: number): string {
  const instant = new Date(Math.min(ms, LAST)).toISOString();
  return instant.endsWith('.000Z') ? `${instant.slice(0, -5)}Z` : instant;
}

/** A stored instant in epoch milliseconds. */
export function toMs(instant: string): number {
  return Date.parse(instant);
}

const WRITTEN = /^(\d{4}-\d{2}-\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/i;

/** What needs no conversion, as most dates in reports: an instant as stored, on a day that every month has. */
const AS_STORED = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;

/**
 * A date (midnight in UTC) or date and time as people and programs write them, as a stored instant.
 * Undefined where it is neither, or a day that the calendar does not have.
 */
export function instantOf(written: string): string | undefined {
  if (AS_STORED.test(written)) return written;
  const match = WRITTEN.exec(written);
  const day = match?.[1];
  if (match === null || day === undefined || !isDay(day)) return undefined;
  const time = written.slice(10).trim().replace(/^t/i, '');
  const ms = Date.parse(time === '' ? day : `${day}T${match[2] === undefined ? `${time}Z` : time.toUpperCase()}`);
  return Number.isNaN(ms) ? undefined : toInstant(ms);
}

/** An instant with its offset (RFC 3339), in epoch milliseconds; undefined for anything less exact. */
export function parseInstant(written: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/.test(written)) return undefined;
  const instant = instantOf(written);
  return instant === undefined ? undefined : toMs(instant);
}

/** The earliest of the instants that are there. */
export function earliest(...instants: readonly (string | undefined)[]): string | undefined {
  let first: string | undefined;
  for (const instant of instants) {
    if (instant !== undefined && (first === undefined || toMs(instant) < toMs(first))) first = instant;
  }
  return first;
}

/** `Date.parse` makes the 2nd of March of the 30th of February. */
function isDay(day: string): boolean {
  const ms = Date.parse(day);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day);
}
