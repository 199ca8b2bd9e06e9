import { dig } from '../../manifest/dig.js';
import { complete, condition, isUnseen, latest, numberAt, type Progress, type Rollout, timeOf, UNSEEN, writtenAt } from './status.js';

/**
 * By the phase that its controller computes. Its steps, analyses and deadline are its own: until it is healthy or
 * degraded it goes on at its own pace.
 */
export function argoRolloutProgress(rollout: unknown): Progress {
  const replicas = numberAt(rollout, 'spec', 'replicas') ?? 1;
  return { rollout: rolloutOf(rollout), ...(replicas === 0 ? { unproven: 'it is scaled to zero' } : {}) };
}

/** Of a Rollout that takes its pods from another workload, once it has seen that one's last change. */
export function referringProgress(rollout: unknown, workload: unknown): Progress {
  if (rollout === undefined) return { rollout: { phase: 'progressing', why: 'there is no Rollout that takes its pods from it' } };
  const seen = Number(dig(rollout, 'status', 'workloadObservedGeneration') ?? 0);
  return seen < (numberAt(workload, 'metadata', 'generation') ?? 0) ? { rollout: UNSEEN } : argoRolloutProgress(rollout);
}

function rolloutOf(rollout: unknown): Rollout {
  if (isUnseen(rollout)) return UNSEEN;
  const phase = dig(rollout, 'status', 'phase');
  const changed = timeOf(dig(condition(rollout, 'Progressing'), 'lastUpdateTime'));
  if (phase === 'Healthy') return complete(latest([changed, ...writtenAt(rollout, 'status')]));
  const message = dig(rollout, 'status', 'message');
  const why = `Argo Rollouts says ${typeof phase === 'string' ? phase : 'nothing'}${typeof message === 'string' && message !== '' ? `: ${message}` : ''}`;
  if (phase === 'Degraded') return { phase: 'stuck', why, ...(changed === undefined ? {} : { since: changed }) };
  return { phase: 'paused', why };
}
