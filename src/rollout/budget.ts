import type { Deployment, Manifest } from '../manifest/manifest.js';
import { titleOf } from '../manifest/manifest.js';
import type { CountOrPercent, RolloutPolicy } from '../policy/policy.js';
import type { Problem } from '../problem.js';

/**
 * How many pods of a Deployment may be evicted at once. Pods that are not ready may always be:
 * else a broken rollout would keep nodes from being drained.
 * @see https://kubernetes.io/docs/tasks/run-application/configure-pdb/#unhealthy-pod-eviction-policy
 */
export function disruptionBudget(deployment: Deployment, rollout: RolloutPolicy): Manifest | undefined {
  if (rollout.disruptionBudget === 'none') return undefined;
  const { name, namespace, labels } = deployment.metadata;
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), ...(labels === undefined ? {} : { labels }) },
    spec: { ...rollout.disruptionBudget, unhealthyPodEvictionPolicy: 'AlwaysAllow', selector: deployment.spec.selector },
  };
}

/** A budget that keeps every replica keeps every node from being drained. */
export function budgetProblems(deployment: Deployment, rollout: RolloutPolicy): readonly Problem[] {
  const { disruptionBudget: budget } = rollout;
  const { replicas } = deployment.spec;
  if (budget === 'none' || !('minAvailable' in budget) || replicas === undefined || replicas === 0) return [];
  if (count(budget.minAvailable, replicas) < replicas) return [];
  return [
    {
      path: `${titleOf(deployment)} spec.replicas`,
      message: `The policy's disruption budget keeps ${budget.minAvailable} available, and there are ${replicas} replicas: none could ever be evicted, and no node drained. Raise the replicas, or lower rollout.disruptionBudget.minAvailable.`,
      severity: 'error',
    },
  ];
}

/** As the disruption controller rounds: up. */
function count(value: CountOrPercent, replicas: number): number {
  return typeof value === 'number' ? value : Math.ceil((Number.parseInt(value, 10) * replicas) / 100);
}
