import { dig } from '../../manifest/dig.js';
import { WORKLOAD_KINDS, workloadPath } from '../../manifest/kinds.js';
import type { WorkloadSummary } from '../../manifest/stage-config.js';
import type { ImageSet, WorkloadImages } from '../../promotion/state.js';
import type { Cluster, JsonPatch } from '../kubernetes.js';

/** Owns the image fields of promoted workloads, so that applying older manifests meets a conflict. */
export const FIELD_MANAGER = 'patchway-promotion';

/**
 * Puts images in place, all workloads at once, by server-side apply of nothing but names and images. Every image of a
 * workload is named each time: what an apply leaves out, it gives up.
 */
export async function putInPlace(
  cluster: Pick<Cluster, 'get' | 'apply' | 'edit'>,
  namespace: string,
  workloads: readonly WorkloadSummary[],
  images: WorkloadImages,
): Promise<void> {
  for (const workload of workloads) {
    const set = images[workload.name];
    if (set === undefined) continue;
    const path = workloadPath(workload.kind, namespace, workload.name);
    if (workload.kind === 'Rollout')
      await cluster.edit(path, await imageEdits(cluster, path, workload, set), { fieldManager: FIELD_MANAGER });
    else await cluster.apply(path, imagePatch(namespace, workload, set), { fieldManager: FIELD_MANAGER, force: true });
  }
}

/**
 * Gives up the image fields without changing them, so that whoever applies other manifests meets no conflict: in a stage
 * whose images come from the lock, that is the way forward.
 */
export async function giveUpFields(
  cluster: Pick<Cluster, 'get' | 'edit'>,
  namespace: string,
  workloads: readonly WorkloadSummary[],
): Promise<void> {
  for (const { kind, name } of workloads) {
    const path = workloadPath(kind, namespace, name);
    const managers = (await cluster.get(path))?.metadata.managedFields;
    if (!Array.isArray(managers)) continue;
    const own = managers.findIndex((each: unknown) => dig(each, 'manager') === FIELD_MANAGER);
    if (own < 0) continue;
    const operations: readonly JsonPatch[] = [
      // Where others wrote meanwhile, the list may have another order.
      { op: 'test', path: `/metadata/managedFields/${own}/manager`, value: FIELD_MANAGER },
      { op: 'remove', path: `/metadata/managedFields/${own}` },
    ];
    await cluster.edit(path, operations, { fieldManager: FIELD_MANAGER });
  }
}

function imagePatch(namespace: string, { kind, name, images }: WorkloadSummary, set: ImageSet): unknown {
  const { group, version, template } = WORKLOAD_KINDS[kind];
  const containers = (init: boolean) =>
    images.flatMap((image) => {
      const wanted = imageOf(image, set);
      return image.init !== init || wanted === undefined ? [] : [{ name: image.container, image: wanted }];
    });
  const [init, main] = [containers(true), containers(false)];
  const pod = { ...(main.length === 0 ? {} : { containers: main }), ...(init.length === 0 ? {} : { initContainers: init }) };
  const at = [...template, 'spec'].reduceRight<unknown>((inner, key) => ({ [key]: inner }), pod);
  return { apiVersion: `${group}/${version}`, kind, metadata: { name, namespace }, ...(at as object) };
}

/** The definition of Argo's Rollout makes a list of containers one value, which an apply would replace whole. */
async function imageEdits(
  cluster: Pick<Cluster, 'get'>,
  path: string,
  { kind, images }: WorkloadSummary,
  set: ImageSet,
): Promise<readonly JsonPatch[]> {
  const template = [...WORKLOAD_KINDS[kind].template, 'spec'];
  const found = await cluster.get(path);
  return images.flatMap((image): readonly JsonPatch[] => {
    const field = image.init ? 'initContainers' : 'containers';
    const list = dig(found, ...template, field);
    const index = Array.isArray(list) ? list.findIndex((each: unknown) => dig(each, 'name') === image.container) : -1;
    const wanted = imageOf(image, set);
    if (index < 0 || wanted === undefined) return [];
    const at = `/${[...template, field, index].join('/')}`;
    return [
      { op: 'test', path: `${at}/name`, value: image.container },
      { op: 'replace', path: `${at}/image`, value: wanted },
    ];
  });
}

function imageOf({ reference, repository }: WorkloadSummary['images'][number], set: ImageSet): string | undefined {
  const wanted = set[reference];
  return wanted && `${repository}:${wanted.tag}@${wanted.digest}`;
}
