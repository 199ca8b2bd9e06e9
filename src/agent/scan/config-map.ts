import { PatchwayError } from '../../problem.js';
import type { AgentContext } from '../context.js';
import { ConflictError, type KubernetesObject } from '../kubernetes.js';

/** Where a ConfigMap is. */
export interface Place {
  readonly namespace: string;
  readonly name: string;
}

/** Fields to replace, and what that means to whoever asked for it. */
export interface Change<T> {
  readonly fields: Readonly<Record<'data' | 'binaryData', unknown>>;
  readonly result: T;
}

const TRIES = 6;

/**
 * Reads a ConfigMap, changes it and writes it back, unless somebody wrote it meanwhile. Elsewhere a conflict ends the
 * run; here another index of the same Job may just have stored its scan of another digest of this repository, and what
 * this scan adds is right beside whatever that one added. So it is read and changed again, a few times.
 * @param what is stored there, for whoever finds that it is missing
 * @returns the result of the change that was stored
 * @throws where the ConfigMap is missing, or never at rest
 */
export async function changeConfigMap<T>(
  { cluster, sleep }: Pick<AgentContext, 'cluster' | 'sleep'>,
  place: Place,
  what: string,
  change: (stored: KubernetesObject) => Change<T>,
): Promise<T> {
  const path = `/api/v1/namespaces/${place.namespace}/configmaps/${place.name}`;
  for (let tries = 1; ; tries += 1) {
    const stored = await cluster.get(path);
    if (stored === undefined) throw new PatchwayError(missing(place, what));
    try {
      const { result, fields } = change(stored);
      await cluster.replace(path, { ...stored, ...fields });
      return result;
    } catch (error) {
      if (!(error instanceof ConflictError) || tries === TRIES) throw error;
      await sleep(100 * 2 ** tries);
    }
  }
}

function missing({ namespace, name }: Place, what: string): string {
  return `there is no ConfigMap ${namespace}/${name} to store ${what} in. Apply the manifests that synthesis wrote: it is one of them, without data.`;
}
