import { dig } from '../manifest/dig.js';
import type { WorkloadKind } from '../manifest/kinds.js';
import type { Manifest } from '../manifest/manifest.js';
import { titleOf } from '../manifest/manifest.js';
import type { CountOrPercent, RolloutPolicy } from '../policy/policy.js';
import type { Problem } from '../problem.js';
import { isObject } from './fields.js';
import { isBudgeted, type Surroundings } from './surroundings.js';

/** A DaemonSet's pods are not evicted when a node is drained, and a CronJob's end by themselves. */
const BUDGETED: readonly WorkloadKind[] = ['Deployment', 'StatefulSet', 'Rollout'];

/** The disruption budget that a workload lacks; undefined where it has one, or needs none. */
export function budgetOf(workload: Manifest, kind: WorkloadKind, rollout: RolloutPolicy, around: Surroundings): Manifest | undefined {
  if (!BUDGETED.includes(kind) || isBudgeted(workload, around)) return undefined;
  const { name } = workload.metadata;
  const isTaken = around.budgets.some(({ metadata }) => metadata.name === name);
  return disruptionBudget(workload, rollout, isTaken ? `${name}-${kind.toLowerCase()}` : name);
}

/**
 * How many pods of a workload may be evicted at once. Pods that are not ready may always be: else a broken rollout would
 * keep nodes from being drained.
 * @see https://kubernetes.io/docs/tasks/run-application/configure-pdb/#unhealthy-pod-eviction-policy
 */
function disruptionBudget(workload: Manifest, rollout: RolloutPolicy, name: string): Manifest | undefined {
  const selector = dig(workload, 'spec', 'selector');
  if (rollout.disruptionBudget === 'none' || !isObject(selector)) return undefined;
  const { namespace, labels } = workload.metadata;
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), ...(labels === undefined ? {} : { labels }) },
    spec: { ...rollout.disruptionBudget, unhealthyPodEvictionPolicy: 'AlwaysAllow', selector },
  };
}

/** A budget that keeps every replica keeps every node from being drained. */
export function budgetProblems(workload: Manifest, rollout: RolloutPolicy): readonly Problem[] {
  const { disruptionBudget: budget } = rollout;
  const replicas = dig(workload, 'spec', 'replicas');
  if (budget === 'none' || !('minAvailable' in budget) || typeof replicas !== 'number' || replicas === 0) return [];
  if (count(budget.minAvailable, replicas) < replicas) return [];
  return [
    {
      path: `${titleOf(workload)} spec.replicas`,
      message: `The policy's disruption budget keeps ${budget.minAvailable} available, and there are ${replicas} replicas: none could ever be evicted, and no node drained. Raise the replicas, or lower rollout.disruptionBudget.minAvailable.`,
      severity: 'error',
    },
  ];
}

/** As the disruption controller rounds: up. */
function count(value: CountOrPercent, replicas: number): number {
  return typeof value === 'number' ? value : Math.ceil((Number.parseInt(value, 10) * replicas) / 100);
}
