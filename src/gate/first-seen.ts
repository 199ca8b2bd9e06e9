import { gunzipSync, gzipSync } from 'node:zlib';
import { badInput } from '../problem.js';
import type { Finding, FirstSeen } from './finding.js';
import { compare, keyOf } from './identity.js';
import { earliest, instantOf, toInstant, toMs } from './instant.js';
import { isObject } from './json.js';

/** How long after it was last seen a finding's first date is kept, in milliseconds: 90 days. */
export const FIRST_SEEN_KEPT = 90 * 24 * 3600 * 1000;

type Named = Pick<Finding, 'id' | 'aliases' | 'package' | 'packages'>;

/**
 * The store after a scan at an instant (epoch milliseconds): new findings enter, known ones keep their first date,
 * also under another name or package name of theirs (they are kept under all their packages), and those not seen for 90 days leave.
 */
export function mergeFirstSeen(previous: FirstSeen, findings: readonly Named[], at: number): FirstSeen {
  const now = toInstant(at);
  const merged = new Map<string, string>();
  for (const [key, value] of Object.entries(previous)) {
    const [first = now, last = now] = value.split('/');
    if (at - toMs(last) <= FIRST_SEEN_KEPT) merged.set(key, `${first}/${last}`);
  }
  for (const finding of findings) {
    const first = earliest(firstSeenOf(previous, finding), now) ?? now;
    // A scanner that replaces this one may know a binary package only, and not which source it is of.
    for (const name of new Set([finding.package, ...finding.packages])) {
      const key = keyOf({ id: finding.id, package: name });
      const last = merged.get(key)?.split('/')[1];
      merged.set(key, `${first}/${last !== undefined && toMs(last) > at ? last : now}`);
    }
  }
  return Object.fromEntries([...merged].sort(([a], [b]) => compare(a, b)));
}

/** When a finding was first seen, under any of its names and package names; undefined: never. */
export function firstSeenOf(store: FirstSeen, finding: Named): string | undefined {
  let first: string | undefined;
  for (const id of [finding.id, ...finding.aliases]) {
    for (const name of [finding.package, ...finding.packages]) {
      first = earliest(first, store[`${id} ${name}`]?.split('/', 1)[0]);
    }
  }
  return first;
}

/** The store as a ConfigMap's `binaryData` takes it: base64 of gzipped JSON with sorted keys. The same store gives the same bytes. */
export function encodeFirstSeen(store: FirstSeen): string {
  const ordered = Object.fromEntries(Object.entries(store).sort(([a], [b]) => compare(a, b)));
  const bytes = gzipSync(JSON.stringify(ordered), { level: 9 });
  // The header names the operating system; 255 is "unknown" (RFC 1952).
  bytes[9] = 255;
  return bytes.toString('base64');
}

/** No store holds more than this, decoded, in bytes; what claims to is refused before it fills the memory. */
const LARGEST = 64 * 2 ** 20;

/** Reads what `encodeFirstSeen` wrote; nothing stored yet is an empty store. @throws PatchwayError (65) for anything else */
export function decodeFirstSeen(base64: string | undefined, source = 'binaryData.firstSeen'): FirstSeen {
  if (base64 === undefined || base64 === '') return {};
  return Object.fromEntries(Object.entries(unpack(base64, source)).map(([key, value]) => [key, dates(value, key, source)]));
}

function dates(value: unknown, key: string, source: string): string {
  const valid = typeof value === 'string' && value.split('/').every((instant) => instantOf(instant) !== undefined);
  if (!valid) throw damaged(source, `the entry "${key}" holds no dates`);
  return value;
}

function unpack(base64: string, source: string): Readonly<Record<string, unknown>> {
  let store: unknown;
  try {
    store = JSON.parse(gunzipSync(Buffer.from(base64, 'base64'), { maxOutputLength: LARGEST }).toString('utf8'));
  } catch (error) {
    throw damaged(source, error instanceof Error ? error.message : String(error));
  }
  if (!isObject(store)) throw damaged(source, 'it is not an object');
  return store;
}

function damaged(source: string, reason: string) {
  const message = `The dates of first detection cannot be read: ${reason}.`;
  const hint = 'Restore the ConfigMap from a backup, or delete this key: every finding then counts as first seen at the next scan.';
  return badInput(source, [{ path: '', message, hint, severity: 'error' }]);
}
