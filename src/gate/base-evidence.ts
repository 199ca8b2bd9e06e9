import { type BaseCheck, baseName } from '../lock/base.js';
import { toInstant, toMs } from './instant.js';

/** What is stored of the image that an image was built on. */
export interface BaseEvidence {
  /** `docker.io/library/alpine:3.19` */
  readonly name: string;
  /** Whether its tag means something else now; absent: nobody can tell. */
  readonly behind?: boolean;
  /** RFC 3339: since when. */
  readonly behindSince?: string;
  /** RFC 3339: when the base in use was released, where that is known. */
  readonly releasedAt?: string;
}

/** What a scan found out about a base, or why it could not. */
export type FoundBase = BaseCheck | { readonly failure: string };

/**
 * What to store of a base after a scan. A base that could not be asked stays as it was. Since when an image is behind is
 * kept from the first scan that saw it: a base that is built anew each night would seem to be a day old for ever.
 * @param at epoch milliseconds
 */
export function baseEvidence(found: FoundBase | undefined, earlier: BaseEvidence | undefined, at: number): BaseEvidence | undefined {
  if (found === undefined) return undefined;
  if ('failure' in found) return earlier;
  const { base, state, releasedAt, newest } = found;
  const name = baseName(base);
  const kept = earlier?.name === name ? earlier.behindSince : undefined;
  const seen = newest?.releasedAt !== undefined && toMs(newest.releasedAt) <= at ? newest.releasedAt : toInstant(at);
  return {
    name,
    ...(state === 'unknown' ? {} : { behind: state === 'behind' }),
    ...(state === 'behind' ? { behindSince: kept ?? seen } : {}),
    ...(releasedAt === undefined ? {} : { releasedAt }),
  };
}
