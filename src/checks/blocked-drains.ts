import { titleOf } from '../manifest/manifest.js';
import type { Check } from './check.js';
import { blockingBudgets } from './evictions.js';

/** A disruption budget that never lets a pod go. Of one replica, see `singleReplica`. */
export const blockedDrains: Check = (stage) =>
  blockingBudgets(stage)
    .filter(({ replicas }) => replicas !== 1)
    .map(({ budget, workloads: [workload], rule, replicas }) => ({
      path: `${titleOf(workload)} spec.replicas`,
      message: `${titleOf(budget)} says ${rule}${replicas === undefined ? '' : `, of ${replicas} replicas`}: none could ever be evicted, and no node drained.`,
      hint: 'Let one pod go: maxUnavailable 1 in the budget, or in rollout.disruptionBudget where the policy makes it.',
    }));
