import type { Milliseconds } from './policy.js';

/** A length of time as written: a whole number and a unit, such as `'90s'`, `'10m'`, `'48h'`, `'7d'` or `'2w'`. */
export type Duration = `${number}${'s' | 'm' | 'h' | 'd' | 'w'}`;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const UNITS: Readonly<Record<string, number>> = { s: SECOND, m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY };

/** Longer ones are slips of the pen, and beyond what Kubernetes' fields hold. */
const LONGEST = 3660 * DAY;

/** The pattern of a duration, for the schema that editors read. */
export const DURATION_PATTERN = /^\d+[smhdw]$/;

/** Milliseconds of a duration such as `'48h'`; undefined where it is none, or longer than ten years. */
export function parseDuration(text: string): Milliseconds | undefined {
  const unit = UNITS[text.slice(-1)];
  if (!DURATION_PATTERN.test(text) || unit === undefined) return undefined;
  const length = Number(text.slice(0, -1)) * unit;
  return length <= LONGEST ? length : undefined;
}

/** A length of time for people: `'10m'`, `'48h'`, `'7d'`, `'1h 30m'`. Days begin at three, as deadlines are spoken of. */
export function formatDuration(length: Milliseconds): string {
  if (length < 0) return `-${formatDuration(-length)}`;
  if (length < SECOND) return length === 0 ? '0s' : `${Math.round(length)}ms`;
  const units = length < 3 * DAY ? ['h', 'm', 's'] : ['d', 'h', 'm', 's'];
  const parts: string[] = [];
  let rest = Math.round(length / SECOND) * SECOND;
  for (const name of units) {
    const unit = UNITS[name] ?? SECOND;
    const count = Math.floor(rest / unit);
    rest -= count * unit;
    if (count > 0) parts.push(`${count}${name}`);
  }
  return parts.join(' ');
}
