import type { WorkloadSummary } from '../manifest/stage-config.js';
import type { Change } from './images.js';
import type { PromotionState, Refused as Refusal, WorkloadImages } from './state.js';

type Refused = PromotionState['refused'];

/** Whether a workload would get only images that were refused. Another image beside a refused one deserves its try. */
export function isRefused(refused: Refused, changes: readonly Change[]): boolean {
  return refusalOf(refused, changes) !== undefined;
}

/** The refusal that stands against a set of changes. */
export function refusalOf(refused: Refused, changes: readonly Change[]): Refusal | undefined {
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

/** Remembers digests that somebody else put in place, until the lock names other ones than now. A refusal for another reason gives way. */
export function refuseUntilLocked(
  refused: Refused,
  changes: readonly Change[],
  workloads: readonly WorkloadSummary[],
  { reason, at }: Pick<Refusal, 'reason' | 'at'>,
): Refused {
  const entries = changes.map(({ workload, reference, to }): Refusal => {
    const images = workloads.find(({ name }) => name === workload)?.images ?? [];
    const digest = images.find((image) => image.reference === reference)?.digest ?? '';
    return { digest: to.digest, reason, at, locked: { reference, digest } };
  });
  const distinct = new Map(entries.map((entry) => [entry.digest, entry]));
  return [...distinct.values(), ...refused.filter(({ digest }) => !distinct.has(digest))];
}

/** Without the refusals that are over: once the stages before run something else; of what was watched, once the lock names something else. */
export function stillRefused(refused: Refused, workloads: readonly WorkloadSummary[], before?: WorkloadImages): Refused {
  const images = workloads.flatMap((workload) => workload.images);
  const digests = before && new Set(Object.values(before).flatMap((set) => Object.values(set).map(({ digest }) => digest)));
  const left = refused.filter(({ digest, locked }) =>
    locked === undefined
      ? (digests?.has(digest) ?? true)
      : images.some((image) => image.reference === locked.reference && image.digest === locked.digest),
  );
  return left.length === refused.length ? refused : left;
}
