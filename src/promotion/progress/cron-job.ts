import { dig } from '../../manifest/dig.js';
import { complete, latest, type Progress, timeOf, writtenAt } from './status.js';

/**
 * It has no rollout: once written it is complete, since then. It proves nothing where the last of its runs failed; one
 * that is at work, or that has never run, says nothing against its images.
 */
export function cronJobProgress(cronJob: unknown): Progress {
  const created = timeOf(dig(cronJob, 'metadata', 'creationTimestamp'));
  const rollout = complete(latest([created, ...writtenAt(cronJob, 'manifest')]));
  return { rollout, ...(lastRunFailed(cronJob) ? { unproven: 'its last run failed' } : {}) };
}

function lastRunFailed(cronJob: unknown): boolean {
  const scheduled = timeOf(dig(cronJob, 'status', 'lastScheduleTime'));
  const active = dig(cronJob, 'status', 'active');
  if (scheduled === undefined || (Array.isArray(active) && active.length > 0)) return false;
  return (timeOf(dig(cronJob, 'status', 'lastSuccessfulTime')) ?? 0) < scheduled;
}
