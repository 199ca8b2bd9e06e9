import { dig } from '../../manifest/dig.js';
import { complete, countOf, isUnseen, latest, numberAt, type Progress, type Rollout, UNSEEN, writtenAt } from './status.js';

/**
 * By its counts: `currentRevision` never moves on under `OnDelete`, nor while a partition stands. Kubernetes has no
 * deadline for it, so it is never stuck by itself.
 */
export function statefulSetProgress(statefulSet: unknown): Progress {
  const replicas = numberAt(statefulSet, 'spec', 'replicas') ?? 1;
  return { rollout: rolloutOf(statefulSet, replicas), ...(replicas === 0 ? { unproven: 'it is scaled to zero' } : {}) };
}

function rolloutOf(statefulSet: unknown, replicas: number): Rollout {
  if (isUnseen(statefulSet)) return UNSEEN;
  const status = (field: string) => countOf(statefulSet, field);
  const updated = status('updatedReplicas');
  const available = status('availableReplicas');
  if (available < replicas) {
    return { phase: 'progressing', why: `${updated} of ${replicas} replicas are updated, and ${available} available` };
  }
  if (updated < replicas) return behind(statefulSet, replicas, updated);
  if (status('replicas') > replicas)
    return { phase: 'progressing', why: `${status('replicas') - replicas} replicas too many are still there` };
  return complete(latest(writtenAt(statefulSet, 'status')));
}

/** Every replica is available, and some run the template before. */
function behind(statefulSet: unknown, replicas: number, updated: number): Rollout {
  const strategy = dig(statefulSet, 'spec', 'updateStrategy');
  const old = `${replicas - updated} of ${replicas} replicas run the version before`;
  if (dig(strategy, 'type') === 'OnDelete') return { phase: 'paused', why: `${old} until somebody deletes them (OnDelete)` };
  const partition = numberAt(strategy, 'rollingUpdate', 'partition') ?? 0;
  const rolled = Math.max(0, replicas - partition);
  if (updated >= rolled && partition > 0) return { phase: 'paused', why: `${old}, as its partition is ${partition}` };
  return { phase: 'progressing', why: `${updated} of ${replicas} replicas are updated` };
}
