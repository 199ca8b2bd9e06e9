import type { ImageLock } from '../lock/lock.js';

/** An image as the lock knows it. */
export interface LockedImage {
  /** The lock's key. */
  readonly reference: string;
  /** The index's digest and its platforms': one image. */
  readonly digests: readonly string[];
  /** `repository:tag`, and the same with the digest. */
  readonly names: ReadonlySet<string>;
  /** RFC 3339. */
  readonly releasedAt: string;
}

/** Every image that the lock names, for one stage or all, the earliest release of each digest first. */
export function lockedImages(lock: ImageLock, stage: string | undefined): readonly LockedImage[] {
  return Object.entries(lock.images)
    .flatMap(([reference, stages]) =>
      Object.entries(stages).flatMap(([name, entry]) => {
        if (stage !== undefined && name !== stage) return [];
        const repository = reference.replace(/:[^/:]*$/, '');
        const tagged = `${repository}:${entry.tag}`;
        return [
          {
            reference,
            digests: [entry.digest, ...Object.values(entry.platforms ?? {})],
            names: new Set([tagged, `${tagged}@${entry.digest}`]),
            releasedAt: entry.releasedAt,
          },
        ];
      }),
    )
    .sort((a, b) => Date.parse(a.releasedAt) - Date.parse(b.releasedAt));
}
