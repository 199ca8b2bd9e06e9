import type { Milliseconds, PolicyDocument, Stage, Window } from '../policy.js';
import { type Schedule, scheduleOf } from '../schedule.js';
import { type Interval, isRecurring, startIntervals } from '../windows.js';
import { steadyTimes } from './steady-times.js';
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

const WEEK = 7 * 24 * HOUR;

/**
 * The shortest and the longest way of a fix to a stage within a year of windows: the next scan finds it, the first stage takes
 * it at once, and each later one when it has soaked, a scan has seen it there, promotion looks and a window is open.
 * Undefined where the stages have no order or a schedule or window never comes. One week tells of a whole steady time.
 */
export function journeyTo(
  document: PolicyDocument,
  stage: Stage,
  waits: Waits,
  steady: readonly Interval[] = steadyTimes(document),
): { shortest: Journey; longest: Journey } | undefined {
  const scan = scheduleOf(document.scan.schedule, document.timeZone);
  const quick = way(document, stage, waits, scan, 'quick');
  const slow = way(document, stage, waits, scan, 'slow');
  let shortest: Journey | undefined;
  let longest: Journey | undefined;
  let reach = 0;
  const look = (releasedAt: number): boolean => {
    const found = scan.next(releasedAt);
    const best = found === undefined ? undefined : quick(found);
    const worst = found === undefined ? undefined : slow(found);
    if (found === undefined || best === undefined || worst === undefined) return false;
    const soon = { from: found, length: (best.at(-1)?.at ?? found) - found, legs: best };
    const late = { from: releasedAt, length: (worst.at(-1)?.at ?? found) - releasedAt, legs: [{ what: 'found', at: found }, ...worst] };
    if (shortest === undefined || soon.length < shortest.length) shortest = soon;
    if (longest === undefined || late.length > longest.length) longest = late;
    reach = Math.max(reach, late.length, found - releasedAt + soon.length);
    return true;
  };
  for (const release of releases(scan, steady, () => reach)) if (!look(release)) return undefined;
  const worst: Journey | undefined = longest;
  if (worst === undefined || shortest === undefined) return undefined;
  for (let next = scan.next(worst.from - GRAIN); next !== undefined && next < worst.from + GRAIN; next = scan.next(next)) look(next);
  return { shortest, longest: longest ?? worst };
}

/** Whether some fix within the year reaches a stage in a time from the scan that finds it; most often the first one does. */
export function takesAtMost(document: PolicyDocument, stage: Stage, waits: Waits, time: Milliseconds): boolean {
  const scan = scheduleOf(document.scan.schedule, document.timeZone);
  const quick = way(document, stage, waits, scan, 'quick');
  for (let release = scan.next(YEAR.from - 1); release !== undefined && release < YEAR.to; ) {
    const found = scan.next(release);
    const arrived = found === undefined ? undefined : quick(found)?.at(-1)?.at;
    if (found === undefined || arrived === undefined) return false;
    if (arrived - found <= time) return true;
    release = found;
  }
  return false;
}

/**
 * The releases of the year that are looked at, each right after a scan, as that is the worst instant: the first in every grain;
 * of a steady time only the first week, and what could reach beyond its end.
 */
function* releases({ next }: Schedule, steady: readonly Interval[], reach: () => Milliseconds): Generator<number> {
  let entered: number | undefined;
  for (let release = next(YEAR.from - 1); release !== undefined && release < YEAR.to; ) {
    const at = release;
    const time = steady.find(({ opens, closes }) => opens <= at && at < closes);
    entered = time === undefined ? undefined : (entered ?? at);
    const weekSeen = entered !== undefined && at >= entered + WEEK;
    const weeksAlike = weekSeen && time !== undefined ? Math.floor((time.closes - reach() - at) / WEEK) : 0;
    if (weeksAlike > 0) release = next(at + weeksAlike * WEEK - 1);
    else {
      yield at;
      release = next(at - (at % GRAIN) + GRAIN - 1);
    }
  }
}

type Way = (foundAt: number) => readonly Leg[] | undefined;

function way(document: PolicyDocument, target: Stage, waits: Waits, scan: Schedule, pace: 'quick' | 'slow'): Way {
  const { stages, rollout, promotion, gate, timeZone } = document;
  const promoted = scheduleOf(promotion.schedule, timeZone);
  const rolling = pace === 'quick' ? rollout.minReady : rollout.progressDeadline;
  const scannedThere = pace === 'slow' && gate.onMissingEvidence === 'block';
  const openings = openingsOf(stages, waits.waits);

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
    const last = stage.oneOf === true ? earliest(before) : latest(before);
    if (last === undefined) return undefined;
    const arrived = last.at(-1)?.at ?? foundAt;
    if (stage.after.length === 0) return [{ what: `in ${stage.name}`, at: arrived + rolling }];
    const soaked = arrived + (waits.soaks ? stage.soak : 0);
    const seen = scannedThere ? Math.max(soaked, scan.next(arrived) ?? Number.NaN) : soaked;
    const start = firstStart(promoted, openings.get(stage.windows), seen);
    return start === undefined ? undefined : [...last, { what: `in ${stage.name}`, at: start + rolling }];
  };
  return (foundAt) => reach(target, foundAt, new Map());
}

/** Of the ways through all stages before; none where one of them leads nowhere. */
function latest(ways: readonly (readonly Leg[] | undefined)[]): readonly Leg[] | undefined {
  return ways.reduce((a, b) => (a && b && endOf(b) > endOf(a) ? b : a && b ? a : undefined), ways[0] ?? []);
}

/** Of the ways through any one of the stages before. */
function earliest(ways: readonly (readonly Leg[] | undefined)[]): readonly Leg[] | undefined {
  return ways.reduce((a, b) => (a && b && endOf(b) >= endOf(a) ? a : (b ?? a)), ways[0]);
}

function endOf(legs: readonly Leg[]): number {
  return legs.at(-1)?.at ?? 0;
}

/** The first time in which rollouts may start that ends after an instant. */
type Opening = (at: number) => Interval | undefined;

/** When rollouts may start, by the windows; nothing where they are always open. */
function openingsOf(stages: readonly Stage[], waits: boolean): ReadonlyMap<readonly Window[], Opening> {
  const restricted = stages.filter(({ windows, after }) => waits && windows.length > 0 && after.length > 0);
  return new Map(restricted.map(({ windows }) => [windows, openingOf(windows)]));
}

/** As far as windows are read at once: the releases that are looked at need few weeks of them. */
const PART = 12 * 24 * HOUR;

/** The year that is looked at stands for any: dates of one year say nothing about it. */
function openingOf(windows: readonly Window[]): Opening {
  const recurring = windows.filter(isRecurring);
  const parts = new Map<number, readonly Interval[]>();
  const partFrom = (from: number) => {
    const part = parts.get(from) ?? startIntervals(recurring, from, Math.min(from + PART, YEAR.end));
    parts.set(from, part);
    return part;
  };
  return (at) => {
    const first = YEAR.from + Math.max(0, Math.floor((at - YEAR.from) / PART)) * PART;
    for (let from = first; from < YEAR.end; from += PART) {
      const opening = partFrom(from).find(({ closes }) => closes > at);
      if (opening !== undefined) return opening;
    }
    return undefined;
  };
}

/** The first time that promotion looks while a rollout may start. */
function firstStart(promoted: Schedule, opening: Opening | undefined, from: number): number | undefined {
  let tick = promoted.next(from - 1);
  if (opening === undefined) return tick;
  while (tick !== undefined) {
    const window = opening(tick);
    if (window === undefined) return undefined;
    if (window.opens <= tick) return tick;
    tick = promoted.next(window.opens - 1);
  }
  return undefined;
}
