import { containersOf, isSidecar, type PlacedContainer } from '../manifest/containers.js';
import { dig, listAt } from '../manifest/dig.js';
import { podPathOf } from '../manifest/kinds.js';
import { type Manifest, titleOf } from '../manifest/manifest.js';
import type { Finding } from './check.js';
import type { StageObjects } from './stage-objects.js';

const WHY =
  'Without a readiness probe a pod counts as ready as soon as its process starts: the rolling update would replace pods that answer by pods that may not, and a broken image would never be noticed.';

/**
 * A rolling update without readiness proves nothing. Containers that serve need it: those with ports, or all of a pod that
 * a Service selects. For a pod that serves nobody, it is worth a look.
 */
export function readiness(workload: Manifest, { serviceOf }: StageObjects): readonly Finding[] {
  const running = containersOf(workload).filter((placed) => !placed.init || isSidecar(placed));
  if (workload.kind === 'CronJob' || running.length === 0) return [];
  const missing = running.filter((placed) => portsOf(placed).length > 0 && !isProbed(placed));
  if (missing.length > 0) return missing.map(unready);
  if (running.some(isProbed)) return [];
  const service = serviceOf(workload);
  return [service === undefined ? unproven(workload) : unreadyBehind(service, workload)];
}

function isProbed({ container }: PlacedContainer): boolean {
  return (container.readinessProbe ?? undefined) !== undefined;
}

function portsOf({ container }: PlacedContainer): readonly unknown[] {
  return listAt(container, 'ports').map((port) => dig(port, 'containerPort'));
}

function unready(placed: PlacedContainer): Finding {
  const ports = portsOf(placed);
  return {
    path: `${placed.path}.readinessProbe`,
    message: `Container ${placed.container.name} serves on port ${ports.join(', ')} without a readiness probe. ${WHY}`,
    hint: `Add a readinessProbe, for instance {httpGet: {path: /healthz, port: ${String(ports[0])}}}.`,
  };
}

function unreadyBehind(service: Manifest, workload: Manifest): Finding {
  return {
    path: containersPath(workload),
    message: `${titleOf(service)} sends requests to these pods, and none of their containers has a readiness probe. ${WHY}`,
    hint: 'Add a readinessProbe to the container that answers.',
  };
}

function unproven(workload: Manifest): Finding {
  return {
    path: containersPath(workload),
    message: 'No container has a readiness probe, so a rollout proves only that the process starts.',
    hint: 'A probe that runs a command can tell more.',
    mild: true,
  };
}

function containersPath(workload: Manifest): string {
  return `${titleOf(workload)} ${[...podPathOf(workload), 'containers'].join('.')}`;
}
