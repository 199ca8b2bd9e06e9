import { dig } from '../manifest/dig.js';
import { isUnseen, numberAt } from './progress/status.js';

/**
 * The names of a StatefulSet's pods that may stand in the way of putting its old images back. Its controller replaces
 * ordered pods one by one, and waits for each to become ready, also for one that never will: until somebody deletes it.
 * None where the author decides when pods go (`OnDelete`), or where they are not ordered.
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback
 */
export function orderedPods(statefulSet: unknown): readonly string[] {
  const name = dig(statefulSet, 'metadata', 'name');
  const policy = dig(statefulSet, 'spec', 'podManagementPolicy') ?? 'OrderedReady';
  const strategy = dig(statefulSet, 'spec', 'updateStrategy', 'type') ?? 'RollingUpdate';
  if (typeof name !== 'string' || policy !== 'OrderedReady' || strategy !== 'RollingUpdate' || isUnseen(statefulSet)) return [];
  const first = numberAt(statefulSet, 'spec', 'ordinals', 'start') ?? 0;
  return Array.from({ length: numberAt(statefulSet, 'spec', 'replicas') ?? 1 }, (_, index) => `${name}-${first + index}`);
}

/** Whether a pod is of another version than its StatefulSet now asks for, is not ready, and is not going already. */
export function isBlocking(pod: unknown, statefulSet: unknown): boolean {
  const wanted = dig(statefulSet, 'status', 'updateRevision');
  const has = dig(pod, 'metadata', 'labels', 'controller-revision-hash');
  const conditions = dig(pod, 'status', 'conditions');
  const ready =
    Array.isArray(conditions) && conditions.some((each: unknown) => dig(each, 'type') === 'Ready' && dig(each, 'status') === 'True');
  return typeof wanted === 'string' && has !== wanted && !ready && dig(pod, 'metadata', 'deletionTimestamp') === undefined;
}
