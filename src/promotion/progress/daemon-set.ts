import { dig } from '../../manifest/dig.js';
import { complete, countOf, isUnseen, latest, type Progress, type Rollout, UNSEEN, writtenAt } from './status.js';

/** Kubernetes has no deadline for it, so it is never stuck by itself. */
export function daemonSetProgress(daemonSet: unknown): Progress {
  const rollout = rolloutOf(daemonSet);
  const nodes = countOf(daemonSet, 'desiredNumberScheduled');
  return { rollout, ...(rollout.phase === 'complete' && nodes === 0 ? { unproven: 'no node takes it' } : {}) };
}

function rolloutOf(daemonSet: unknown): Rollout {
  if (isUnseen(daemonSet)) return UNSEEN;
  const status = (field: string) => countOf(daemonSet, field);
  const nodes = status('desiredNumberScheduled');
  const updated = status('updatedNumberScheduled');
  const available = status('numberAvailable');
  if (available < nodes) return { phase: 'progressing', why: `${updated} of ${nodes} pods are updated, and ${available} available` };
  if (updated >= nodes) return complete(latest(writtenAt(daemonSet, 'status')));
  if (dig(daemonSet, 'spec', 'updateStrategy', 'type') !== 'OnDelete') {
    return { phase: 'progressing', why: `${updated} of ${nodes} pods are updated` };
  }
  return { phase: 'paused', why: `${nodes - updated} of ${nodes} pods run the version before until somebody deletes them (OnDelete)` };
}
