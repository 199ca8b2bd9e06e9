import { dig } from '../../manifest/dig.js';
import {
  complete,
  condition,
  countOf,
  isUnseen,
  latest,
  numberAt,
  type Progress,
  type Rollout,
  timeOf,
  UNSEEN,
  writtenAt,
} from './status.js';

/** As `kubectl rollout status` sees it. */
export function deploymentProgress(deployment: unknown): Progress {
  const replicas = numberAt(deployment, 'spec', 'replicas') ?? 1;
  return { rollout: rolloutOf(deployment, replicas), ...(replicas === 0 ? { unproven: 'it is scaled to zero' } : {}) };
}

function rolloutOf(deployment: unknown, replicas: number): Rollout {
  if (dig(deployment, 'spec', 'paused') === true) return { phase: 'paused', why: 'it is paused' };
  if (isUnseen(deployment)) return UNSEEN;
  const progressing = condition(deployment, 'Progressing');
  const behind = shortfall(deployment, replicas);
  if (behind === undefined) {
    const available = timeOf(dig(condition(deployment, 'Available'), 'lastTransitionTime'));
    return complete(latest([available, timeOf(dig(progressing, 'lastUpdateTime')), ...writtenAt(deployment, 'status')]));
  }
  if (dig(progressing, 'reason') !== 'ProgressDeadlineExceeded') return { phase: 'progressing', why: behind };
  const since = timeOf(dig(progressing, 'lastUpdateTime'));
  return { phase: 'stuck', why: `${behind}, and there was no progress within the deadline`, ...(since === undefined ? {} : { since }) };
}

function shortfall(deployment: unknown, replicas: number): string | undefined {
  const status = (field: string) => countOf(deployment, field);
  if (status('updatedReplicas') < replicas) return `${status('updatedReplicas')} of ${replicas} replicas are updated`;
  if (status('replicas') > status('updatedReplicas'))
    return `${status('replicas') - status('updatedReplicas')} old replicas are still there`;
  if (status('availableReplicas') < replicas || status('unavailableReplicas') > 0) {
    return `${status('availableReplicas')} of ${replicas} replicas are available`;
  }
  return undefined;
}
