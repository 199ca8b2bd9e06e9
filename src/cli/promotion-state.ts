import type { Cluster } from '../agent/kubernetes.js';
import { dig } from '../manifest/dig.js';
import { names } from '../manifest/names.js';
import type { Stage } from '../policy/policy.js';
import { PatchwayError } from '../problem.js';
import { parseState } from '../promotion/parse-state.js';
import type { PromotionState } from '../promotion/state.js';

/**
 * The stored state of a stage's promotion; undefined before its first run.
 * @throws where the cluster has no place for it, or holds something else there
 */
export async function promotionState(
  cluster: Pick<Cluster, 'get'>,
  { name, namespace }: Pick<Stage, 'name' | 'namespace'>,
): Promise<PromotionState | undefined> {
  const configMap = names.promotion(name);
  const found = await cluster.get(`/api/v1/namespaces/${namespace}/configmaps/${configMap}`);
  if (found === undefined) {
    const remedy = "Apply the stage's manifests, or choose its cluster with --context.";
    throw new PatchwayError(`stage ${name}: there is no ConfigMap ${configMap} in namespace ${namespace}. ${remedy}`);
  }
  const text = dig(found, 'data', 'state');
  return parseState(typeof text === 'string' ? text : undefined, `ConfigMap ${namespace}/${configMap}, data.state`);
}
