import { parseReference, type Reference } from '../../lock/reference.js';
import { dig } from '../../manifest/dig.js';
import { WORKLOAD_KINDS, workloadPath } from '../../manifest/kinds.js';
import type { ScanTarget, WorkloadSummary } from '../../manifest/stage-config.js';
import type { Cluster } from '../kubernetes.js';
import { recordOf } from '../registry/credentials.js';

/** Containers of one workload that run an image of a target. */
export interface RunningImage {
  readonly image: Reference;
  readonly replicas: number;
}

/**
 * The image of a target that runs in most replicas, by what its workloads ask for; where two run equally
 * often, the locked one, else the first by name. Undefined where none is deployed yet.
 */
export async function runningImage(
  cluster: Pick<Cluster, 'get'>,
  namespace: string,
  target: ScanTarget,
  workloads: readonly WorkloadSummary[],
): Promise<Reference | undefined> {
  const found: RunningImage[] = [];
  for (const workload of workloads.filter(({ name }) => target.workloads.includes(name))) {
    const object = await cluster.get(workloadPath(workload.kind, namespace, workload.name));
    if (object !== undefined) found.push(...imagesIn(object, workload, target));
  }
  return mostReplicas(found, target.locked);
}

/** Pure: which of them runs most. */
export function mostReplicas(running: readonly RunningImage[], locked: string): Reference | undefined {
  const lockedDigest = parseReference(locked)?.digest;
  const totals = new Map<string, { readonly image: Reference; readonly replicas: number }>();
  for (const { image, replicas } of running) {
    const key = nameOf(image);
    totals.set(key, { image, replicas: replicas + (totals.get(key)?.replicas ?? 0) });
  }
  return [...totals.values()].sort(
    (a, b) =>
      b.replicas - a.replicas ||
      Number(b.image.digest === lockedDigest) - Number(a.image.digest === lockedDigest) ||
      (nameOf(a.image) < nameOf(b.image) ? -1 : 1),
  )[0]?.image;
}

/** By digest where there is one: the same image may be written with several tags. */
export function nameOf({ repository, tag, digest }: Reference): string {
  return digest === undefined ? `${repository}:${tag ?? 'latest'}` : `${repository}@${digest}`;
}

function imagesIn(object: Readonly<Record<string, unknown>>, workload: WorkloadSummary, target: ScanTarget): readonly RunningImage[] {
  const pod = recordOf(dig(object, ...WORKLOAD_KINDS[workload.kind].template, 'spec'));
  const replicas = replicasOf(object);
  return workload.images
    .filter(({ reference }) => reference === target.reference)
    .flatMap(({ container, init }) => containers(init ? pod.initContainers : pod.containers).filter(({ name }) => name === container))
    .flatMap(({ image }) => (typeof image === 'string' ? (parseReference(image) ?? []) : []))
    .filter(({ repository }) => repository === target.repository)
    .map((image) => ({ image, replicas }));
}

function containers(list: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(list) ? list.map(recordOf) : [];
}

/** A DaemonSet says on how many nodes it is to be; a CronJob's next run is one pod. */
function replicasOf(object: Readonly<Record<string, unknown>>): number {
  const status = recordOf(object.status);
  return countOf(status.replicas) ?? countOf(status.desiredNumberScheduled) ?? countOf(recordOf(object.spec).replicas) ?? 1;
}

function countOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
