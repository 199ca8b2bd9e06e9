import { containersOf } from '../manifest/containers.js';
import { dig } from '../manifest/dig.js';
import type { Manifest } from '../manifest/manifest.js';
import type { Finding } from './check.js';
import { askAlike, timesOf } from './probes.js';

/** A pod that does not answer should first get no requests, and be restarted only when that does not help. */
export function hastyLiveness(workload: Manifest): readonly Finding[] {
  return containersOf(workload).flatMap(({ container, path }) => {
    const readinessProbe = dig(container, 'readinessProbe');
    const livenessProbe = dig(container, 'livenessProbe');
    const [killed, spared] = [timesOf(livenessProbe).patience, timesOf(readinessProbe).patience];
    if (!askAlike(readinessProbe, livenessProbe) || killed >= spared) return [];
    return [
      {
        path: `${path}.livenessProbe`,
        message: `It asks what the readiness probe asks, and loses patience sooner (${killed} s, not ${spared} s): a pod under load is restarted before it is spared, and its load falls on the others.`,
        hint: 'Raise failureThreshold above that of the readiness probe, or ask whether the process is stuck, and no more.',
      },
    ];
  });
}
