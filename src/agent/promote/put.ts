import type { WorkloadSummary } from '../../manifest/stage-config.js';
import type { ImageSet, WorkloadImages } from '../../promotion/state.js';
import type { Cluster } from '../kubernetes.js';
import { deploymentPath } from './look.js';

/** Owns the image fields of promoted workloads, so that applying older manifests meets a conflict. */
export const FIELD_MANAGER = 'patchway-promotion';

/**
 * Puts images in place, all workloads at once, by server-side apply of nothing but names and images. Every image of a
 * workload is named each time: what an apply leaves out, it gives up.
 */
export async function putInPlace(
  cluster: Pick<Cluster, 'apply'>,
  namespace: string,
  workloads: readonly WorkloadSummary[],
  images: WorkloadImages,
): Promise<void> {
  for (const workload of workloads) {
    const set = images[workload.name];
    if (set !== undefined) {
      const body = imagePatch(namespace, workload, set);
      await cluster.apply(deploymentPath(namespace, workload.name), body, { fieldManager: FIELD_MANAGER, force: true });
    }
  }
}

function imagePatch(namespace: string, workload: WorkloadSummary, set: ImageSet): unknown {
  const containers = (init: boolean) =>
    workload.images.flatMap((image) => {
      const wanted = set[image.reference];
      if (image.init !== init || wanted === undefined) return [];
      return [{ name: image.container, image: `${image.repository}:${wanted.tag}@${wanted.digest}` }];
    });
  const [init, main] = [containers(true), containers(false)];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: workload.name, namespace },
    spec: {
      template: { spec: { ...(main.length === 0 ? {} : { containers: main }), ...(init.length === 0 ? {} : { initContainers: init }) } },
    },
  };
}
