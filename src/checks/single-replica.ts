import { titleOf } from '../manifest/manifest.js';
import type { Check } from './check.js';
import { blockingBudgets } from './evictions.js';

/** One pod that may never go. */
export const singleReplica: Check = (stage) =>
  blockingBudgets(stage)
    .filter(({ replicas }) => replicas === 1)
    .map(({ budget, workloads: [workload], rule }) => ({
      path: `${titleOf(workload)} spec.replicas`,
      message: `It has one replica, and ${titleOf(budget)} says ${rule}: the pod could never be evicted, and no node drained that it runs on.`,
      hint: 'Run two replicas, or write maxUnavailable 1 in the budget and bear the moment without one.',
    }));
