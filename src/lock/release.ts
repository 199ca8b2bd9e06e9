import type { ReleasedFrom } from './lock.js';

/** What an image says about when it was made. */
export interface ReleaseClues {
  /** `created` in the image's configuration. */
  readonly created?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Release {
  /** RFC 3339 in UTC, whole seconds. */
  readonly releasedAt: string;
  readonly releasedFrom: ReleasedFrom;
}

const LABEL = 'org.opencontainers.image.created';
const YEAR_2000 = Date.UTC(2000, 0, 1);

/**
 * When an image was released: what its label or annotation says, else its configuration, else `now`. Reproducible
 * builds write 1970, 1980 or year 1, which means nothing; nor does a date in the future.
 * @param now milliseconds since the epoch
 */
export function releaseOf({ created, labels, annotations }: ReleaseClues, now: number): Release {
  const label = meaningful(labels[LABEL], now) ?? meaningful(annotations[LABEL], now);
  if (label !== undefined) return { releasedAt: toInstant(label), releasedFrom: 'label' };
  const config = meaningful(created, now);
  if (config !== undefined) return { releasedAt: toInstant(config), releasedFrom: 'config' };
  return { releasedAt: toInstant(now), releasedFrom: 'firstSeen' };
}

/** Milliseconds since the epoch as RFC 3339 in whole seconds. */
export function toInstant(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

function meaningful(text: string | undefined, now: number): number | undefined {
  const ms = text === undefined ? Number.NaN : Date.parse(text);
  return ms >= YEAR_2000 && ms <= now ? ms : undefined;
}
