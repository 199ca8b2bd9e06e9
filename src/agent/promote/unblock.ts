import { dig } from '../../manifest/dig.js';
import { workloadPath } from '../../manifest/kinds.js';
import type { WorkloadSummary } from '../../manifest/stage-config.js';
import { isPatchwayError } from '../../problem.js';
import { isBlocking, orderedPods } from '../../promotion/blocking-pod.js';
import type { AgentContext } from '../context.js';

/**
 * Deletes broken pods that keep StatefulSets from going back to their old images. Where that is refused, as for a pod
 * that synthesis did not know of, it is told: the rest of the run goes on.
 */
export async function deleteBlockingPods(
  { cluster, log }: Pick<AgentContext, 'cluster' | 'log'>,
  namespace: string,
  workloads: readonly WorkloadSummary[],
): Promise<void> {
  for (const { kind, name } of workloads.filter((workload) => workload.kind === 'StatefulSet')) {
    const statefulSet = await cluster.get(workloadPath(kind, namespace, name));
    for (const pod of orderedPods(statefulSet)) {
      const path = `/api/v1/namespaces/${namespace}/pods/${pod}`;
      try {
        const found = await cluster.get(path);
        const uid = dig(found, 'metadata', 'uid');
        if (typeof uid !== 'string' || !isBlocking(found, statefulSet)) continue;
        await cluster.remove(path, uid);
        log(`pod ${pod} never became ready and kept StatefulSet ${name} from going back: deleted.`);
      } catch (error) {
        if (!isPatchwayError(error)) throw error;
        log(`pod ${pod} may keep StatefulSet ${name} from going back, and could not be deleted: ${error.message}`);
      }
    }
  }
}
