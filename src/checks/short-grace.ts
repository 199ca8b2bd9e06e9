import { containersOf, isSidecar, ownPause } from '../manifest/containers.js';
import { dig } from '../manifest/dig.js';
import { podPathOf } from '../manifest/kinds.js';
import { type Manifest, titleOf } from '../manifest/manifest.js';
import type { Finding } from './check.js';

/** Kubernetes' own, where a pod names none. */
const GRACE_SECONDS = 30;

/** A pause before the end takes all the time that there is for the end. */
export function shortGrace(workload: Manifest): readonly Finding[] {
  const path = [...podPathOf(workload), 'terminationGracePeriodSeconds'];
  const written = dig(workload, ...path);
  const grace = typeof written === 'number' ? written : GRACE_SECONDS;
  const slow = containersOf(workload)
    .filter((placed) => !placed.init || isSidecar(placed))
    .find(({ container }) => ownPause(container) > 0 && ownPause(container) >= grace);
  if (slow === undefined) return [];
  return [
    {
      path: `${titleOf(workload)} ${path.join('.')}`,
      message: `Container ${slow.container.name} pauses ${ownPause(slow.container)} s before it ends (preStop), and is killed after ${grace} s: it never ends in order, and requests that it has begun are lost.`,
      hint: 'Shorten the pause, or lengthen the time.',
    },
  ];
}
