import type { LockEntry } from './lock.js';
import type { Release } from './release.js';

/** What a tag means in the registry now. */
export interface Upstream extends Release {
  readonly tag: string;
  readonly digest: string;
  /** Empty where the digest is not an index. */
  readonly platforms: Readonly<Record<string, string>>;
}

export type Update =
  /** There was no entry. */
  | { readonly kind: 'added'; readonly entry: LockEntry; readonly young: boolean }
  /** The registry has another digest, and it is old enough. */
  | { readonly kind: 'moved'; readonly entry: LockEntry; readonly from: string }
  /** The registry has another digest, which is not old enough before `readyAt` (milliseconds); `entry` remembers when it was seen. */
  | { readonly kind: 'held'; readonly entry: LockEntry; readonly digest: string; readonly readyAt: number }
  | { readonly kind: 'same'; readonly entry: LockEntry };

/**
 * What becomes of an entry when the registry answers `upstream`.
 * @param minimumAge milliseconds since its release that a newer image must have
 * @param now milliseconds since the epoch
 */
export function updateEntry(previous: LockEntry | undefined, upstream: Upstream, minimumAge: number, now: number): Update {
  const { tag, digest, releasedAt, releasedFrom, platforms } = upstream;
  const fresh = { tag, digest, ...(Object.keys(platforms).length === 0 ? {} : { platforms }), releasedAt, releasedFrom };
  if (previous === undefined) return { kind: 'added', entry: fresh, young: Date.parse(releasedAt) + minimumAge > now };
  const { held, ...kept } = previous;
  if (digest === previous.digest) {
    const { promotedAt } = previous;
    // An image without a date keeps the one first recorded, or it would grow younger with every update.
    const undated = releasedFrom === 'firstSeen' && previous.releasedFrom === 'firstSeen';
    const entry = undated ? { ...fresh, releasedAt: previous.releasedAt } : fresh;
    return { kind: 'same', entry: promotedAt === undefined ? entry : { ...entry, promotedAt } };
  }
  const seenAt = held?.digest === digest ? held.firstSeenAt : releasedAt;
  const readyAt = Date.parse(seenAt) + minimumAge;
  if (readyAt <= now) return { kind: 'moved', from: previous.digest, entry: { ...fresh, releasedAt: seenAt } };
  const entry = releasedFrom === 'firstSeen' ? { ...kept, held: { digest, firstSeenAt: seenAt } } : kept;
  return { kind: 'held', entry, digest, readyAt };
}

/** Whether two entries say the same. */
export function sameEntry(a: LockEntry | undefined, b: LockEntry): boolean {
  return a !== undefined && canonical(a) === canonical(b);
}

function canonical(entry: LockEntry): string {
  const platforms = Object.entries(entry.platforms ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const { tag, digest, releasedAt, releasedFrom, promotedAt, held } = entry;
  return JSON.stringify([tag, digest, platforms, releasedAt, releasedFrom, promotedAt, held?.digest, held?.firstSeenAt]);
}
