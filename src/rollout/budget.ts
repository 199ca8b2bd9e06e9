import { dig } from '../manifest/dig.js';
import type { WorkloadKind } from '../manifest/kinds.js';
import type { Manifest } from '../manifest/manifest.js';
import type { RolloutPolicy } from '../policy/policy.js';
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
