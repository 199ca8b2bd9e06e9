import { containersOf } from '../manifest/containers.js';
import type { Manifest } from '../manifest/manifest.js';
import type { Finding } from './check.js';

/** A new digest is on no node yet. */
export function pullNever(workload: Manifest): readonly Finding[] {
  const message = 'The image is never pulled: with each new digest its pods fail on every node where nobody has put it before.';
  return pulled(workload, 'Never', message);
}

/** A digest never changes, so that asking again proves nothing. */
export function pullAlways(workload: Manifest): readonly Finding[] {
  const message = 'The registry is asked at every start, though a digest never changes: while it is down, no pod starts or comes back.';
  return pulled(workload, 'Always', message);
}

function pulled(workload: Manifest, policy: string, message: string): readonly Finding[] {
  return containersOf(workload)
    .filter(({ container }) => container.imagePullPolicy === policy)
    .map(({ path }) => ({ path: `${path}.imagePullPolicy`, message, hint: 'Write IfNotPresent.' }));
}
