import { dig } from '../../manifest/dig.js';
import { canonicalJson } from '../../manifest/names.js';
import { PatchwayError } from '../../problem.js';
import { emptyState, parseState } from '../../promotion/parse-state.js';
import type { PromotionState } from '../../promotion/state.js';
import type { Cluster } from '../kubernetes.js';
import { recordOf } from '../registry/credentials.js';

/** The state of a stage's promotion where it is kept. */
export interface StoredState {
  /** As last read or written. */
  readonly current: PromotionState;
  /** Stores a state, where it says something new. @throws ConflictError where somebody else wrote it meanwhile */
  write(state: PromotionState): Promise<void>;
}

/** @throws where the ConfigMap is missing or holds something else */
export async function readState(
  cluster: Pick<Cluster, 'get' | 'replace'>,
  { namespace, name, policyHash }: { readonly namespace: string; readonly name: string; readonly policyHash: string },
): Promise<StoredState> {
  const path = `/api/v1/namespaces/${namespace}/configmaps/${name}`;
  let configMap = await cluster.get(path);
  if (configMap === undefined) {
    throw new PatchwayError(
      `there is no ConfigMap ${namespace}/${name} to keep the promotion's state in. Apply the manifests that synthesis wrote: it is one of them, without data.`,
    );
  }
  const text = dig(configMap, 'data', 'state');
  let current =
    parseState(typeof text === 'string' ? text : undefined, `ConfigMap ${namespace}/${name}, data.state`) ?? emptyState(policyHash);
  return {
    get current() {
      return current;
    },
    async write(state) {
      if (canonicalJson(state) === canonicalJson(current)) return;
      const data = { ...recordOf(configMap?.data), state: JSON.stringify(state) };
      configMap = await cluster.replace(path, { ...configMap, data });
      current = state;
    },
  };
}
