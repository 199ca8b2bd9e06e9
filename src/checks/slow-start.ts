import { containersOf } from '../manifest/containers.js';
import { dig } from '../manifest/dig.js';
import { type Manifest, titleOf } from '../manifest/manifest.js';
import type { Finding } from './check.js';
import { timesOf } from './probes.js';

/** A deadline that passes while pods may still be starting fails rollouts that only take their time. */
export function slowStart(workload: Manifest): readonly Finding[] {
  const deadline = dig(workload, 'spec', 'progressDeadlineSeconds');
  if (typeof deadline !== 'number') return [];
  const minReady = dig(workload, 'spec', 'minReadySeconds');
  const settling = typeof minReady === 'number' ? minReady : 0;
  const [slowest] = containersOf(workload)
    .map(({ container }) => ({ name: container.name, seconds: startOf(container) }))
    .sort((a, b) => b.seconds - a.seconds);
  if (slowest === undefined || slowest.seconds === 0 || slowest.seconds + settling <= deadline) return [];
  return [
    {
      path: `${titleOf(workload)} spec.progressDeadlineSeconds`,
      message: `The probes of container ${slowest.name} give it ${slowest.seconds} s to start, and it counts ${settling} s after that (minReadySeconds), but a rollout without progress for ${deadline} s has failed: a slow start would be taken for a broken image.`,
      hint: 'Lengthen rollout.progressDeadline, or give the container less time.',
    },
  ];
}

/** Seconds that a container may take until it is ready, and not be restarted. */
function startOf(container: unknown): number {
  const startup = dig(container, 'startupProbe');
  const { initialDelay: delay } = timesOf(dig(container, 'readinessProbe'));
  if (startup === undefined || startup === null) return delay;
  const { initialDelay, patience } = timesOf(startup);
  return Math.max(initialDelay + patience, delay);
}
