import { canonicalJson, shortHash } from '../manifest/names.js';
import { remember } from './history.js';
import { type Change, changedImages, changesBetween, sameImages } from './images.js';
import type { Situation } from './situation.js';
import type { HistoryEntry, Intent, PromotionState, WorkloadImages } from './state.js';

type At = Pick<Situation, 'now' | 'policy'>;

/** The state with a new entry on top of its history; the oldest ones are only counted where there are too many. */
export function withHistory(state: PromotionState, entry: Omit<HistoryEntry, 'at'>, { now, policy }: At): PromotionState {
  return remember(state, { at: instant(now), ...entry }, policy.history.keep);
}

/** The state with the reason why the stage stands still; the same reason again changes nothing. */
export function troubled(state: PromotionState, message: string, { now }: At): PromotionState {
  return state.lastError?.message === message ? state : { ...state, lastError: { message, at: instant(now) } };
}

export function untroubled({ lastError: _, ...state }: PromotionState): PromotionState {
  return state;
}

/** The state before a promotion touches the cluster. */
export function intending(
  situation: Situation,
  state: PromotionState,
  move: Pick<Intent, 'from' | 'to' | 'why' | 'attempt' | 'evidence' | 'bypassed' | 'by' | 'turn'>,
): PromotionState {
  const id = shortHash(canonicalJson({ ...move, at: situation.now }));
  return { ...untroubled(state), step: 'rolling', intent: { id, ...move, startedAt: instant(situation.now) } };
}

/** The state while somebody else's rollout is watched. The first time that it is seen is the beginning that counts. */
export function watching(
  { now }: Situation,
  state: PromotionState,
  move: Pick<Intent, 'from' | 'to' | 'why'>,
  step: 'verifying' | 'rollingBack',
  since = now,
): PromotionState {
  const id = shortHash(canonicalJson({ ...move, at: now }));
  return { ...untroubled(state), step, intent: { id, ...move, startedAt: instant(Math.min(since, now)), attempt: 1, watched: true } };
}

/** The state once what was watched is over, or is not what it was. */
export function unwatched({ intent: _, ...state }: PromotionState): PromotionState {
  return { ...state, step: 'idle' };
}

/** The state once every image of an intent is in place. */
export function inPlace(state: PromotionState): PromotionState {
  return { ...state, step: 'verifying' };
}

export function promoted(situation: Situation, intent: Intent): PromotionState {
  const { state, now } = situation;
  const changes = changesBetween(intent.from, intent.to);
  const moved = settled(state, intent.to, intent.from, changes);
  return withHistory(
    { ...untroubled(moved), lastPromotedAt: instant(now) },
    { what: 'promoted', why: intent.why, from: changedImages(changes, 'from'), to: changedImages(changes, 'to'), ...circumstances(intent) },
    situation,
  );
}

export function rolledBack(situation: Situation, intent: Intent): PromotionState {
  const { state } = situation;
  const changes = changesBetween(intent.from, intent.to);
  const why = state.lastError?.message ?? 'the rollout failed';
  const entry = { what: 'rolledBack', why, from: changedImages(changes, 'to'), to: changedImages(changes, 'from') } as const;
  const back = settled(state, intent.from, undefined, changes);
  const kept = intent.watched && state.candidate !== undefined ? { ...back, candidate: state.candidate } : back;
  // A controller may go on putting back what is refused: that is told once.
  const newest = state.history[0];
  const known = newest?.what === 'rolledBack' && canonicalJson([newest.from, newest.to]) === canonicalJson([entry.from, entry.to]);
  return known ? kept : withHistory(kept, entry, situation);
}

function circumstances({ evidence, bypassed, by }: Intent): Pick<HistoryEntry, 'evidence' | 'bypassed' | 'by'> {
  return {
    ...(evidence === undefined ? {} : { evidence }),
    ...(bypassed === undefined ? {} : { bypassed }),
    ...(by === undefined ? {} : { by }),
  };
}

/** The state after an intent has come to its end, whichever. */
function settled(
  { intent: _, candidate, ...state }: PromotionState,
  current: WorkloadImages,
  previous: WorkloadImages | undefined,
  changes: readonly Change[],
): PromotionState {
  const changed = new Set(changes.map(({ workload }) => workload));
  const workloads = Object.entries({ ...state.workloads, ...current }).map(([name]) => {
    const known = state.workloads[name];
    const images = current[name] ?? known?.current ?? {};
    const before = (changed.has(name) ? previous?.[name] : undefined) ?? known?.previous;
    return [name, { current: images, ...(before === undefined ? {} : { previous: before }) }] as const;
  });
  const over = candidate !== undefined && sameImages(candidate.digests, current);
  return {
    ...state,
    workloads: Object.fromEntries(workloads),
    step: 'idle',
    ...(candidate === undefined || over || previous === undefined ? {} : { candidate }),
  };
}

export function instant(at: number): string {
  return new Date(at).toISOString();
}
