import { canonicalJson, names, shortHash } from '../manifest/names.js';
import type { Stage } from '../policy/policy.js';
import { changesBetween, describeImage } from './images.js';
import type { HistoryEntry, PromotionState } from './state.js';

/** A ConfigMap holds 1 MiB; the state stays well below, whatever `history.keep` says. */
const STATE_BYTES = 600_000;

/**
 * The state with a new entry on top of its history. Entries beyond `keep`, or beyond what a ConfigMap takes, are counted
 * by month and kind, the oldest first: nothing goes without a trace.
 */
export function remember(state: PromotionState, entry: HistoryEntry, keep: number): PromotionState {
  const all = [entry, ...state.history];
  let next = folded(state, all, Math.min(keep, all.length));
  while (next.history.length > 1 && bytesOf(next) > STATE_BYTES) next = folded(state, all, Math.floor(next.history.length * 0.8));
  return next;
}

function folded(state: PromotionState, all: readonly HistoryEntry[], kept: number): PromotionState {
  const history = all.slice(0, kept);
  const gone = all.slice(kept);
  if (gone.length === 0) return { ...state, history };
  const months: Record<string, Partial<Record<HistoryEntry['what'], number>>> = { ...state.folded };
  for (const { at, what } of gone) {
    const month = at.slice(0, 7);
    months[month] = { ...months[month], [what]: (months[month]?.[what] ?? 0) + 1 };
  }
  return { ...state, history, folded: Object.fromEntries(Object.entries(months).sort(([a], [b]) => (a < b ? 1 : -1))) };
}

function bytesOf(state: PromotionState): number {
  return new TextEncoder().encode(JSON.stringify(state)).length;
}

/** Entries that a later state has and an earlier one lacks, oldest first. */
export function newEntries(earlier: PromotionState, later: PromotionState): readonly HistoryEntry[] {
  const known = new Set(earlier.history.map(canonicalJson));
  return later.history.filter((entry) => !known.has(canonicalJson(entry))).reverse();
}

const WARNINGS: ReadonlySet<HistoryEntry['what']> = new Set(['rolledBack', 'refused', 'blocked', 'foreignChange']);

/** Kubernetes takes messages of an Event up to this many bytes. */
const MESSAGE_LENGTH = 1000;

/** An entry as a Kubernetes Event about the stage's CronJob. Its name follows from the entry: the same one is not made twice. */
export function eventOf(entry: HistoryEntry, { name: stage, namespace }: Pick<Stage, 'name' | 'namespace'>) {
  const name = names.promotion(stage);
  const moved = changesBetween(entry.from ?? {}, entry.to ?? {}).map(
    ({ workload, reference, to }) => `${workload}: ${describeImage(reference, to)}`,
  );
  const message = [...(moved.length === 0 ? [] : [`${moved.join(', ')}.`]), entry.why].join(' ');
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.${shortHash(canonicalJson(entry), 16)}`, namespace },
    involvedObject: { apiVersion: 'batch/v1', kind: 'CronJob', name, namespace },
    reason: `${entry.what.charAt(0).toUpperCase()}${entry.what.slice(1)}`,
    message: message.length <= MESSAGE_LENGTH ? message : `${message.slice(0, MESSAGE_LENGTH - 1)}…`,
    type: WARNINGS.has(entry.what) ? 'Warning' : 'Normal',
    firstTimestamp: `${entry.at.slice(0, 19)}Z`,
    lastTimestamp: `${entry.at.slice(0, 19)}Z`,
    count: 1,
    source: { component: 'patchway-promotion' },
  } as const;
}
