import { containersOf, type PlacedContainer } from '../manifest/containers.js';
import type { Deployment, Manifest } from '../manifest/manifest.js';
import { titleOf } from '../manifest/manifest.js';
import type { Problem } from '../problem.js';
import { selectsPods } from './selector.js';

const WHY =
  'Without a readiness probe a pod counts as ready as soon as its process starts: the rolling update would replace pods that answer by pods that may not, and a broken image would never be noticed.';

/**
 * A rolling update without readiness proves nothing. It is an error for containers that serve: those with ports, or all
 * of a pod that a Service selects. For a pod that serves nobody, it is a warning.
 */
export function readinessProblems(deployment: Deployment, beside: readonly Manifest[]): readonly Problem[] {
  const running = containersOf(deployment).filter(({ container, init }) => !init || container.restartPolicy === 'Always');
  const serving = running.filter(({ container }) => (container.ports ?? []).length > 0);
  const missing = serving.filter(({ container }) => container.readinessProbe === undefined);
  if (missing.length > 0) return missing.map(unready);
  if (running.some(({ container }) => container.readinessProbe !== undefined)) return [];
  const service = beside.find((m) => m.kind === 'Service' && selectsPods(m, deployment));
  return [service === undefined ? unproven(deployment) : unreadyBehind(service, deployment)];
}

function unready({ container, path }: PlacedContainer): Problem {
  const ports = (container.ports ?? []).map((p) => p.containerPort).join(', ');
  return {
    path: `${path}.readinessProbe`,
    message: `Container ${container.name} serves on port ${ports} without a readiness probe. ${WHY}`,
    hint: `Add a readinessProbe, for instance {httpGet: {path: /healthz, port: ${container.ports?.[0]?.containerPort}}}.`,
    severity: 'error',
  };
}

function unreadyBehind(service: Manifest, deployment: Deployment): Problem {
  return {
    path: `${titleOf(deployment)} spec.template.spec.containers`,
    message: `${titleOf(service)} sends requests to these pods, and none of their containers has a readiness probe. ${WHY}`,
    hint: 'Add a readinessProbe to the container that answers.',
    severity: 'error',
  };
}

function unproven(deployment: Deployment): Problem {
  return {
    path: `${titleOf(deployment)} spec.template.spec.containers`,
    message:
      'No container has a readiness probe, so a rollout proves only that the process starts. A probe that runs a command can tell more.',
    severity: 'warning',
  };
}
