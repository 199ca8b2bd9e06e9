import { zoneOf } from '../../policy/zone.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The clocks of all zones change at quarters of an hour. */
const STEP = 15 * MINUTE;

/** A day as clocks on the wall show it. */
export interface Day {
  /** `2026-11-23` */
  readonly date: string;
  readonly hours: number;
  readonly pieces: readonly Piece[];
}

/** A part of a day in which the clocks go steadily. */
export interface Piece {
  /** Epoch milliseconds; up to, not including `to`. */
  readonly from: number;
  readonly to: number;
  /** What the clocks show at `from`, in hours since midnight. */
  readonly hour: number;
  /** Whether its hours come twice that day: for the first or for the second time. */
  readonly pass?: 'first' | 'second';
}

/** The days between two instants (epoch milliseconds): of 23 or 25 hours where the clocks change, cut off at both ends. */
export function daysBetween(from: number, to: number, timeZone: string): readonly Day[] {
  const { offsetAt } = zoneOf(timeZone);
  const days = new Map<string, Piece[]>();
  for (let at = from; at < to; ) {
    const offset = offsetAt(at);
    const wall = at + offset;
    const midnight = Math.floor(wall / DAY) * DAY;
    let end = Math.min(to, midnight + DAY - offset);
    for (let next = Math.floor(at / STEP) * STEP + STEP; next < end; next += STEP) if (offsetAt(next) !== offset) end = next;
    const date = new Date(midnight).toISOString().slice(0, 10);
    days.set(date, [...(days.get(date) ?? []), { from: at, to: end, hour: (wall - midnight) / HOUR }]);
    at = end;
  }
  return [...days].map(([date, pieces]) => ({
    date,
    hours: pieces.reduce((sum, piece) => sum + piece.to - piece.from, 0) / HOUR,
    pieces: passes(pieces),
  }));
}

/** Pieces cut where the same hours come in another one, too. */
function passes(pieces: readonly Piece[]): readonly Piece[] {
  const [first, second] = pieces;
  if (first === undefined || second === undefined) return pieces;
  const twice = lastHour(first) - second.hour;
  if (twice <= 0) return pieces;
  const cut = first.to - twice * HOUR;
  const resumed = second.from + twice * HOUR;
  return [
    { ...first, to: cut },
    { from: cut, to: first.to, hour: second.hour, pass: 'first' as const },
    { from: second.from, to: Math.min(resumed, second.to), hour: second.hour, pass: 'second' as const },
    { from: resumed, to: second.to, hour: second.hour + twice },
    ...pieces.slice(2),
  ].filter((piece) => piece.from < piece.to);
}

function lastHour({ from, to, hour }: Piece): number {
  return hour + (to - from) / HOUR;
}
