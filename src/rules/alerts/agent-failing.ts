import { names } from '../../manifest/names.js';
import { hasPromotion } from '../../policy/has-promotion.js';
import type { Alert, StageRules } from '../alert.js';
import { failedSinceLastSuccess, failingJobs } from '../jobs.js';

/** Fires while the newest ended run of a stage's promotion is a failed one, for half an hour. A promotion that is blocked has not failed. */
export function agentFailing(context: StageRules): Alert | undefined {
  const { policy, stage } = context;
  if (!hasPromotion(policy, stage)) return undefined;
  const cronJob = names.promotion(stage.name);
  return {
    alert: 'PatchwayAgentFailing',
    expr: failedSinceLastSuccess(context, cronJob),
    for: 30 * 60_000,
    severity: 'critical',
    summary: `The promotion to ${stage.name} does not run.`,
    description: `The newest Job of CronJob ${stage.namespace}/${cronJob} failed, and none has succeeded since: nothing is promoted, and nothing put back.`,
    tests: (wait) => failingJobs(context, cronJob, wait, ''),
  };
}
