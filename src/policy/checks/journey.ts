import type { Milliseconds, PolicyDocument, Stage, Window } from '../policy.js';
import { type Schedule, scheduleOf } from '../schedule.js';
import { type Interval, startIntervals } from '../windows.js';
import { YEAR } from './year.js';

/** One part of a fix's way, and the instant at which it is done (epoch milliseconds). */
export interface Leg {
  readonly what: string;
  readonly at: number;
}

/** The way of a fix from its release to a stage. */
export interface Journey {
  /** When it was released (epoch milliseconds). */
  readonly from: number;
  readonly length: Milliseconds;
  readonly legs: readonly Leg[];
}

/** What a fix has to wait for on its way. */
export interface Waits {
  readonly soaks: boolean;
  readonly waits: boolean;
}

const HOUR = 3_600_000;

/** More releases than one in this time are looked at around the worst only. */
const GRAIN = 6 * HOUR;

/**
 * The shortest and the longest way of a fix to a stage within a year of windows: the next scan finds it, the first stage takes
 * it at once, and each later one when it has soaked, a scan has seen it there, promotion looks and a window is open.
 * Undefined where the stages have no order or a schedule or window never comes.
 */
export function journeyTo(document: PolicyDocument, stage: Stage, waits: Waits): { shortest: Journey; longest: Journey } | undefined {
  const scan = scheduleOf(document.scan.schedule, document.timeZone);
  const quick = way(document, stage, waits, scan, 'quick');
  const slow = way(document, stage, waits, scan, 'slow');
  let shortest: Journey | undefined;
  let longest: Journey | undefined;
  const look = (releasedAt: number): boolean => {
    const found = scan.next(releasedAt);
    const best = found === undefined ? undefined : quick(found);
    const worst = found === undefined ? undefined : slow(found);
    if (found === undefined || best === undefined || worst === undefined) return false;
    const soon = { from: found, length: (best.at(-1)?.at ?? found) - found, legs: best };
    const late = { from: releasedAt, length: (worst.at(-1)?.at ?? found) - releasedAt, legs: [{ what: 'found', at: found }, ...worst] };
    if (shortest === undefined || soon.length < shortest.length) shortest = soon;
    if (longest === undefined || late.length > longest.length) longest = late;
    return true;
  };
  for (const release of fires(scan, YEAR.from, YEAR.to, GRAIN)) if (!look(release)) return undefined;
  const worst: Journey | undefined = longest;
  if (worst === undefined || shortest === undefined) return undefined;
  for (const release of fires(scan, worst.from - GRAIN, worst.from + GRAIN, 0)) look(release);
  return { shortest, longest: longest ?? worst };
}

/** The instants of a schedule between two others, at least so far apart. The worst release is right after a scan. */
function* fires({ next }: Schedule, from: number, to: number, apart: Milliseconds): Generator<number> {
  for (let fire = next(from - 1); fire !== undefined && fire < to; fire = next(Math.max(fire, fire + apart - 1))) yield fire;
}

type Way = (foundAt: number) => readonly Leg[] | undefined;

function way(document: PolicyDocument, target: Stage, waits: Waits, scan: Schedule, pace: 'quick' | 'slow'): Way {
  const { stages, rollout, promotion, gate, timeZone } = document;
  const promoted = scheduleOf(promotion.schedule, timeZone);
  const rolling = pace === 'quick' ? rollout.minReady : rollout.progressDeadline;
  const scannedThere = pace === 'slow' && gate.onMissingEvidence === 'block';
  const starts = startsOf(stages, waits.waits);

  const reach = (stage: Stage, foundAt: number, known: Map<string, readonly Leg[] | undefined>): readonly Leg[] | undefined => {
    // Also ends where stages wait for one another: a stage that is being reached has no legs yet.
    if (known.has(stage.name)) return known.get(stage.name);
    known.set(stage.name, undefined);
    const legs = stageLegs(stage, foundAt, (before) => reach(before, foundAt, known));
    known.set(stage.name, legs);
    return legs;
  };
  const stageLegs = (stage: Stage, foundAt: number, reachBefore: (before: Stage) => readonly Leg[] | undefined) => {
    const before = stages.filter(({ name }) => stage.after.includes(name)).map(reachBefore);
    const last = before.reduce(
      (a, b) => (a && b && (b.at(-1)?.at ?? 0) > (a.at(-1)?.at ?? 0) ? b : a && b ? a : undefined),
      before[0] ?? [],
    );
    if (last === undefined) return undefined;
    const arrived = last.at(-1)?.at ?? foundAt;
    if (stage.after.length === 0) return [{ what: `in ${stage.name}`, at: arrived + rolling }];
    const soaked = arrived + (waits.soaks ? stage.soak : 0);
    const seen = scannedThere ? Math.max(soaked, scan.next(arrived) ?? Number.NaN) : soaked;
    const start = firstStart(promoted, starts.get(stage.windows), seen);
    return start === undefined ? undefined : [...last, { what: `in ${stage.name}`, at: start + rolling }];
  };
  return (foundAt) => reach(target, foundAt, new Map());
}

/** When rollouts may start, by the windows; nothing where they are always open. */
function startsOf(stages: readonly Stage[], waits: boolean): ReadonlyMap<readonly Window[], readonly Interval[]> {
  const sets = new Set(
    stages.filter(({ windows, after }) => waits && windows.length > 0 && after.length > 0).map(({ windows }) => windows),
  );
  return new Map([...sets].map((windows) => [windows, startIntervals(windows, YEAR.from, YEAR.end)] as const));
}

/** The first time that promotion looks while a rollout may start. */
function firstStart(promoted: Schedule, starts: readonly Interval[] | undefined, from: number): number | undefined {
  let tick = promoted.next(from - 1);
  if (starts === undefined) return tick;
  let index = firstEndingAfter(starts, from);
  while (tick !== undefined) {
    while (index < starts.length && (starts[index]?.closes ?? 0) <= tick) index++;
    const window = starts[index];
    if (window === undefined) return undefined;
    if (window.opens <= tick) return tick;
    tick = promoted.next(window.opens - 1);
  }
  return undefined;
}

function firstEndingAfter(intervals: readonly Interval[], at: number): number {
  let low = 0;
  let high = intervals.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((intervals[middle]?.closes ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
