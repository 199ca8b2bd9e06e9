import type { DatedWindow, Milliseconds, RecurringWindow, Window } from './policy.js';
import { scheduleOf } from './schedule.js';

/** A time from `opens` up to, not including, `closes` (epoch milliseconds). */
export interface Interval {
  readonly opens: number;
  readonly closes: number;
}

/** Whether a rollout may start, and when that changes (epoch milliseconds). */
export interface WindowState {
  readonly open: boolean;
  /** When the next rollout may start; absent while open, and where that is not within two years. */
  readonly opensAt?: number;
  /** From when on no rollout may start; absent while closed, and where that is not within two years. */
  readonly closesAt?: number;
}

const DAY = 86_400_000;

/** How far ahead is looked for a change, in steps: most windows open within days. */
const HORIZONS = [8 * DAY, 60 * DAY, 732 * DAY];

/** Whether a rollout may start at an instant (epoch milliseconds). Without windows always; `deny` wins. */
export function windowState(windows: readonly Window[], at: number): WindowState {
  if (windows.length === 0) return { open: true };
  let open = false;
  for (const horizon of HORIZONS) {
    const [next] = startIntervals(windows, at, at + horizon);
    open = next !== undefined && next.opens <= at;
    if (next !== undefined && !open) return { open, opensAt: next.opens };
    if (next !== undefined && next.closes < at + horizon) return { open, closesAt: next.closes };
  }
  return { open };
}

/** When windows are open between two instants (epoch milliseconds): joined where they meet, denied time cut out. */
export function openIntervals(windows: readonly Window[], from: number, to: number): readonly Interval[] {
  return subtract(join(allowed(windows, from, to)), spans(windows, 'deny', from, to), from, to);
}

/** When windows deny between two instants (epoch milliseconds), joined. */
export function deniedIntervals(windows: readonly Window[], from: number, to: number): readonly Interval[] {
  return subtract(join(spans(windows, 'deny', from, to)), [], from, to);
}

/** When rollouts may start between two instants: what is open, less the time that a rollout needs before it closes. */
export function startIntervals(windows: readonly Window[], from: number, to: number): readonly Interval[] {
  const reach = to + Math.max(0, ...windows.map(({ cutoff }) => cutoff));
  const spansAllowed = allowed(windows, from, reach);
  const joined = join(spansAllowed);
  let group = 0;
  const starts = spansAllowed.map(({ opens, closes, cutoff }) => {
    while ((joined[group]?.closes ?? Number.POSITIVE_INFINITY) < closes || (joined[group]?.closes ?? 0) <= opens) group++;
    const end = joined[group]?.closes ?? closes;
    return { opens, closes: Math.min(closes, end - cutoff) };
  });
  const denied = spans(windows, 'deny', from, reach).map(({ opens, closes, cutoff }) => ({ opens: opens - cutoff, closes }));
  return subtract(join(starts.filter(({ opens, closes }) => opens < closes)), denied, from, to);
}

/** Whether a window opens again and again; otherwise once. */
export function isRecurring(window: Window): window is RecurringWindow {
  return 'schedule' in window;
}

interface Span extends Interval {
  readonly cutoff: Milliseconds;
}

/** Every opening of the allow windows, by when they open; all time where none is named. */
function allowed(windows: readonly Window[], from: number, to: number): readonly Span[] {
  if (windows.every(({ kind }) => kind === 'deny')) {
    return [{ opens: Number.NEGATIVE_INFINITY, closes: Number.POSITIVE_INFINITY, cutoff: 0 }];
  }
  return spans(windows, 'allow', from, to);
}

function spans(windows: readonly Window[], kind: Window['kind'], from: number, to: number): readonly Span[] {
  return windows
    .filter((window) => window.kind === kind)
    .flatMap((window) => spansOf(window, from, to))
    .sort((a, b) => a.opens - b.opens);
}

function spansOf(window: Window, from: number, to: number): readonly Span[] {
  return isRecurring(window)
    ? openingsOf(window, from, to)
    : [dated(window)].filter(({ opens, closes }) => opens < closes && closes > from);
}

function dated({ from, to, cutoff }: DatedWindow): Span {
  return { opens: Date.parse(from), closes: Date.parse(to), cutoff };
}

function openingsOf({ schedule, timeZone, duration, cutoff }: RecurringWindow, from: number, to: number): readonly Span[] {
  if (duration <= 0) return [];
  const { next } = scheduleOf(schedule, timeZone);
  const found: Span[] = [];
  for (let fire = next(from - duration); fire !== undefined && fire < to + cutoff; fire = following(next, fire, duration)) {
    found.push({ opens: fire, closes: fire + duration, cutoff });
  }
  return found;
}

/** The next opening that matters: where a window opens again and again while it is open, few of its openings say the same. */
function following(next: (after: number) => number | undefined, fire: number, duration: Milliseconds): number | undefined {
  const later = next(fire + duration / 2);
  return later !== undefined && later <= fire + duration ? later : next(fire);
}

/** One interval where several meet or overlap; sorted by when they open. */
function join(intervals: readonly Interval[]): readonly Interval[] {
  const joined: Interval[] = [];
  for (const { opens, closes } of intervals) {
    const last = joined.at(-1);
    if (last === undefined || opens > last.closes) joined.push({ opens, closes });
    else if (closes > last.closes) joined[joined.length - 1] = { opens: last.opens, closes };
  }
  return joined;
}

/** What is left of joined intervals between two instants without others. */
function subtract(intervals: readonly Interval[], others: readonly Interval[], from: number, to: number): readonly Interval[] {
  const gone = join([...others].sort((a, b) => a.opens - b.opens));
  const left: Interval[] = [];
  let first = 0;
  for (const interval of intervals) {
    let opens = Math.max(interval.opens, from);
    const closes = Math.min(interval.closes, to);
    while (first < gone.length && (gone[first]?.closes ?? 0) <= opens) first++;
    for (let i = first; i < gone.length && opens < closes; i++) {
      const cut = gone[i];
      if (cut === undefined || cut.opens >= closes) break;
      if (cut.opens > opens) left.push({ opens, closes: cut.opens });
      opens = Math.max(opens, cut.closes);
    }
    if (opens < closes) left.push({ opens, closes });
  }
  return left;
}
