import { containersOf, type PlacedContainer } from '../manifest/containers.js';
import { dig } from '../manifest/dig.js';
import { templatePathOf } from '../manifest/kinds.js';
import { type Manifest, titleOf } from '../manifest/manifest.js';
import type { Problem } from '../problem.js';
import { isSidecar } from './container.js';
import { selectsPods } from './selector.js';
import type { Surroundings } from './surroundings.js';

const WHY =
  'Without a readiness probe a pod counts as ready as soon as its process starts: the rolling update would replace pods that answer by pods that may not, and a broken image would never be noticed.';

/**
 * A rolling update without readiness proves nothing. It is an error for containers that serve: those with ports, or all
 * of a pod that a Service selects. For a pod that serves nobody, it is a warning.
 */
export function readinessProblems(workload: Manifest, { services }: Surroundings): readonly Problem[] {
  if (workload.kind === 'CronJob') return [];
  const running = containersOf(workload).filter((placed) => !placed.init || isSidecar(placed));
  const missing = running.filter((placed) => portsOf(placed).length > 0 && !isProbed(placed));
  if (missing.length > 0) return missing.map(unready);
  if (running.some(isProbed)) return [];
  const service = services.find((each) => selectsPods(each, workload));
  return [service === undefined ? unproven(workload) : unreadyBehind(service, workload)];
}

function isProbed({ container }: PlacedContainer): boolean {
  return (container.readinessProbe ?? undefined) !== undefined;
}

function portsOf({ container }: PlacedContainer): readonly unknown[] {
  const ports: unknown = container.ports;
  return (Array.isArray(ports) ? ports : []).map((port: unknown) => dig(port, 'containerPort'));
}

function unready(placed: PlacedContainer): Problem {
  const ports = portsOf(placed);
  return {
    path: `${placed.path}.readinessProbe`,
    message: `Container ${placed.container.name} serves on port ${ports.join(', ')} without a readiness probe. ${WHY}`,
    hint: `Add a readinessProbe, for instance {httpGet: {path: /healthz, port: ${String(ports[0])}}}.`,
    severity: 'error',
  };
}

function unreadyBehind(service: Manifest, workload: Manifest): Problem {
  return {
    path: containersPath(workload),
    message: `${titleOf(service)} sends requests to these pods, and none of their containers has a readiness probe. ${WHY}`,
    hint: 'Add a readinessProbe to the container that answers.',
    severity: 'error',
  };
}

function unproven(workload: Manifest): Problem {
  return {
    path: containersPath(workload),
    message:
      'No container has a readiness probe, so a rollout proves only that the process starts. A probe that runs a command can tell more.',
    severity: 'warning',
  };
}

function containersPath(workload: Manifest): string {
  return `${titleOf(workload)} ${[...(templatePathOf(workload) ?? []), 'spec', 'containers'].join('.')}`;
}
