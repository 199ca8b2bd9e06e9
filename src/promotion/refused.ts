import type { Change } from './images.js';
import type { PromotionState, WorkloadImages } from './state.js';

type Refused = PromotionState['refused'];

/** Whether a workload would get only images that were refused. Another image beside a refused one deserves its try. */
export function isRefused(refused: Refused, changes: readonly Change[]): boolean {
  return refusalOf(refused, changes) !== undefined;
}

/** The refusal that stands against a set of changes. */
export function refusalOf(refused: Refused, changes: readonly Change[]): Refused[number] | undefined {
  const entryOf = (change: Change) => refused.find(({ digest }) => digest === change.to.digest);
  const workloads = [...new Set(changes.map(({ workload }) => workload))];
  const against = workloads
    .map((workload) => changes.filter((change) => change.workload === workload).map(entryOf))
    .find((entries) => entries.every((entry) => entry !== undefined));
  return against?.[0];
}

/** Remembers digests; one that is refused already keeps its first reason. */
export function refuse(refused: Refused, changes: readonly Change[], reason: string, at: string): Refused {
  const digests = [...new Set(changes.map(({ to }) => to.digest))].filter((digest) => !refused.some((entry) => entry.digest === digest));
  return digests.length === 0 ? refused : [...digests.map((digest) => ({ digest, reason, at })), ...refused];
}

/** A refusal is over once the stages before run something else. */
export function stillRefused(refused: Refused, before: WorkloadImages | undefined): Refused {
  if (before === undefined) return refused;
  const digests = new Set(Object.values(before).flatMap((images) => Object.values(images).map(({ digest }) => digest)));
  const left = refused.filter(({ digest }) => digests.has(digest));
  return left.length === refused.length ? refused : left;
}
