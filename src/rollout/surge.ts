import { containersOf } from '../manifest/containers.js';
import { dig } from '../manifest/dig.js';
import type { Manifest } from '../manifest/manifest.js';
import { podPathOf } from './fields.js';
import type { Surroundings } from './surroundings.js';

/** Why no second pod may start beside one that still runs; undefined where it may. */
export function noSurgeBecause(workload: Manifest, { claims }: Surroundings): string | undefined {
  const pod = dig(workload, ...podPathOf(workload));
  if (workload.kind === 'DaemonSet') return nodesOwn(workload, pod);
  const claim = volumesOf(pod)
    .map((volume) => dig(volume, 'persistentVolumeClaim', 'claimName'))
    .find((name) => claims.some((each) => each.metadata.name === name && isForOne(each)));
  return claim === undefined ? undefined : `Its pods mount the claim ${String(claim)}, which one node or one pod may mount at a time`;
}

/** What two pods on one node would both want. */
function nodesOwn(workload: Manifest, pod: unknown): string | undefined {
  if (dig(pod, 'hostNetwork') === true) return "Its pods are on the node's own network";
  const ports = containersOf(workload).flatMap(({ container }) => (Array.isArray(container.ports) ? container.ports : []));
  const port = ports.map((each: unknown) => dig(each, 'hostPort')).find((each) => typeof each === 'number' && each > 0);
  if (port !== undefined) return `Its pods take port ${String(port)} of their node`;
  const folder = volumesOf(pod).find((volume) => dig(volume, 'hostPath') !== undefined && isWritten(workload, dig(volume, 'name')));
  return folder === undefined ? undefined : `Its pods write to ${String(dig(folder, 'hostPath', 'path'))} of their node`;
}

function isWritten(workload: Manifest, volume: unknown): boolean {
  return containersOf(workload).some(({ container: { volumeMounts } }) =>
    (Array.isArray(volumeMounts) ? volumeMounts : []).some(
      (mount: unknown) => dig(mount, 'name') === volume && dig(mount, 'readOnly') !== true,
    ),
  );
}

function isForOne(claim: Manifest): boolean {
  const modes = dig(claim, 'spec', 'accessModes');
  return Array.isArray(modes) && modes.length > 0 && modes.every((mode) => mode === 'ReadWriteOnce' || mode === 'ReadWriteOncePod');
}

function volumesOf(pod: unknown): readonly unknown[] {
  const volumes = dig(pod, 'volumes');
  return Array.isArray(volumes) ? volumes : [];
}
