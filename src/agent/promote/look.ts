import { workloadPath } from '../../manifest/kinds.js';
import type { WorkloadSummary } from '../../manifest/stage-config.js';
import type { Stage } from '../../policy/policy.js';
import { observeWorkload } from '../../promotion/observe.js';
import type { ObservedStage } from '../../promotion/situation.js';
import type { Cluster } from '../kubernetes.js';

/** What the workloads of a stage run, and how far their rollouts are. */
export async function lookAt(
  cluster: Pick<Cluster, 'get'>,
  { namespace }: Pick<Stage, 'namespace'>,
  workloads: readonly WorkloadSummary[],
): Promise<ObservedStage> {
  const seen = await Promise.all(
    workloads.map(async (workload) => {
      const { kind, name, rolledBy } = workload;
      const object = await cluster.get(workloadPath(kind, namespace, name));
      const rollout = rolledBy === undefined ? undefined : await cluster.get(workloadPath('Rollout', namespace, rolledBy));
      return object === undefined ? [] : [[name, observeWorkload(object, workload, rollout)] as const];
    }),
  );
  return Object.fromEntries(seen.flat());
}
