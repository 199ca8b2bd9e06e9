import type { WorkloadSummary } from '../../manifest/stage-config.js';
import type { Stage } from '../../policy/policy.js';
import { observeDeployment } from '../../promotion/observe.js';
import type { ObservedStage } from '../../promotion/situation.js';
import type { Cluster } from '../kubernetes.js';

/** What the Deployments of a stage run, and how far their rollouts are. */
export async function lookAt(
  cluster: Pick<Cluster, 'get'>,
  { namespace }: Pick<Stage, 'namespace'>,
  workloads: readonly WorkloadSummary[],
): Promise<ObservedStage> {
  const seen = await Promise.all(
    workloads.map(async (workload) => {
      const deployment = await cluster.get(deploymentPath(namespace, workload.name));
      return deployment === undefined ? [] : [[workload.name, observeDeployment(deployment, workload)] as const];
    }),
  );
  return Object.fromEntries(seen.flat());
}

export function deploymentPath(namespace: string, name: string): string {
  return `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
}
