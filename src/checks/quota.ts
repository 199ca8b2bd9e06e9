import { dig, isObject } from '../manifest/dig.js';
import { type Manifest, titleOf } from '../manifest/manifest.js';
import { leastPods, surgeOf } from './amounts.js';
import type { Check, Finding } from './check.js';
import { COUNTED_BY_QUOTAS, demandOf } from './demand.js';
import { parseQuantity } from './quantity.js';
import type { StageObjects } from './stage-objects.js';

/** A quota that all of the stage's pods fit into, but not one more that a rollout starts beside them. */
export const quota: Check = (stage) =>
  stage.quotas.flatMap((each) => {
    const hard = dig(each, 'spec', 'hard');
    // Of a quota for some pods only, nobody knows here which they are.
    if (!isObject(hard) || dig(each, 'spec', 'scopes') !== undefined || dig(each, 'spec', 'scopeSelector') !== undefined) return [];
    return COUNTED_BY_QUOTAS.flatMap((counted) => {
      const limit = parseQuantity(hard[counted]);
      return limit === undefined ? [] : overdrawn(each, counted, limit, stage);
    });
  });

/** Nodes decide how many pods a DaemonSet has, and a CronJob's come and go. */
const COUNTABLE = ['Deployment', 'StatefulSet', 'Rollout'];

function overdrawn(resourceQuota: Manifest, counted: string, limit: number, stage: StageObjects): readonly Finding[] {
  const needs = stage.workloads
    .filter(({ kind }) => COUNTABLE.includes(kind))
    .map((workload) => {
      const pods = leastPods(workload, stage);
      const demand = demandOf(workload, counted);
      return { workload, steady: pods * demand, surge: surgeOf(workload, pods) * demand };
    });
  const [largest] = [...needs].sort((a, b) => b.surge - a.surge);
  const steady = rounded(needs.reduce((sum, need) => sum + need.steady, 0));
  const most = rounded(steady + (largest?.surge ?? 0));
  if (largest === undefined || most <= limit) return [];
  const message =
    steady > limit
      ? `The stage's workloads need ${steady} of ${counted}, and the quota allows ${limit}: not all of their pods start, and no rollout can.`
      : `The stage's workloads need ${steady} of ${counted}, a rollout of ${titleOf(largest.workload)} ${rounded(largest.surge)} more for its new pods, and the quota allows ${limit}: the rollout hangs until its deadline.`;
  return [
    {
      path: `${titleOf(resourceQuota)} spec.hard["${counted}"]`,
      message,
      hint: `Allow ${most} at least${steady > limit ? '' : ', or let one pod go first: rollout.maxSurge 0 and rollout.maxUnavailable 1'}.`,
    },
  ];
}

/** To a thousandth, the finest that Kubernetes counts by. */
function rounded(amount: number): number {
  return Math.round(amount * 1000) / 1000;
}
