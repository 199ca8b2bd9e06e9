import type { Duration } from './duration.js';
import type { AutoRollback, CountOrPercent } from './policy.js';

/** How workloads are rolled. */
export interface RolloutInput {
  /**
   * How a Deployment is rolled: pod by pod; `canary` or `blueGreen` by Argo Rollouts, which must be installed.
   * @default 'rolling'
   */
  readonly strategy?: 'rolling' | 'canary' | 'blueGreen';
  /**
   * How many pods may be missing during a rollout: a count, or a percentage such as `'25%'`.
   * @default 0
   */
  readonly maxUnavailable?: CountOrPercent;
  /**
   * How many pods more than wanted may run during a rollout: a count, or a percentage.
   * @default '25%'
   */
  readonly maxSurge?: CountOrPercent;
  /**
   * How long a new pod must be ready to count as available.
   * @default '10s'
   */
  readonly minReady?: Duration;
  /**
   * After how long without progress a rollout has failed.
   * @default '10m'
   */
  readonly progressDeadline?: Duration;
  /**
   * How many old versions a workload keeps.
   * @default 5
   */
  readonly revisionHistory?: number;
  /**
   * How many pods maintenance of nodes may take away at once.
   * @default { maxUnavailable: 1 }
   */
  readonly disruptionBudget?: DisruptionBudgetInput;
  /**
   * The pause before a pod is stopped, in which load balancers forget it.
   * @default '5s'
   */
  readonly drain?: Duration;
  /**
   * What pods are spread across, where there is room.
   * @default 'nodes'
   */
  readonly spread?: 'nodes' | 'zones' | 'none';
  /**
   * Whether promotion puts the old images back when a rollout fails; `'watch'`: in every stage, and also when somebody
   * else began it.
   * @default true
   */
  readonly autoRollback?: AutoRollback;
  /**
   * What holds where a workload sets on purpose (to another value than Kubernetes' and cdk8s-plus-28's defaults) what the
   * policy sets too: the stricter of the two, with a warning, or neither, with an error.
   * @default 'stricter'
   */
  readonly onConflict?: 'stricter' | 'fail';
}

/** How many pods maintenance may take away at once, how many must stay, or no budget at all. */
export type DisruptionBudgetInput = { readonly maxUnavailable: CountOrPercent } | { readonly minAvailable: CountOrPercent } | 'none';
