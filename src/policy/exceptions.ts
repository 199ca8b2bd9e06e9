import { parseReference } from '../lock/reference.js';
import type { PolicyException } from './policy.js';
import { startOfDay } from './zone.js';

const DAY = 86_400_000;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;

/**
 * The instant (epoch milliseconds) at which an exception ends: the one that is written (RFC 3339), or of a date the end
 * of that day in a time zone. Undefined where it is neither, or a day that the calendar does not have.
 */
export function expiryOf(written: string, timeZone: string): number | undefined {
  const day = written.slice(0, 10);
  if (!isDay(day)) return undefined;
  if (DATE.test(written)) return startOfDay(Date.parse(day) + DAY, timeZone);
  const at = INSTANT.test(written) ? Date.parse(written.toUpperCase()) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}

/** What an exception's `image` is compared as: the full repository, with a digest where one is written; undefined where it has a tag. */
export function imageScope(written: string): string | undefined {
  const reference = parseReference(written);
  const tagged = /:[^/]*$/.test(written.replace(/@.*$/, ''));
  if (reference === undefined || tagged) return undefined;
  return reference.digest === undefined ? reference.repository : `${reference.repository}@${reference.digest}`;
}

/** What tells exceptions apart; two with the same are one written twice. */
export function scopeOf({ vulnerability, package: name, image, stage }: PolicyException): string {
  return JSON.stringify([vulnerability.toLowerCase(), name ?? null, image ?? null, stage ?? null]);
}

/** `Date.parse` makes the 2nd of March of the 30th of February. */
function isDay(day: string): boolean {
  const ms = Date.parse(day);
  return DATE.test(day) && !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day);
}
