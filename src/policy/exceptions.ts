import { parseReference } from '../lock/reference.js';
import { momentOf } from './dates.js';
import type { PolicyException } from './policy.js';

/**
 * The instant (epoch milliseconds) at which an exception ends: the one that is written (RFC 3339), or of a date the end
 * of that day in a time zone. Undefined where it is neither, or a day that the calendar does not have.
 */
export function expiryOf(written: string, timeZone: string): number | undefined {
  return momentOf(written, timeZone, 'end');
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
