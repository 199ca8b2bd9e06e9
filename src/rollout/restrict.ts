import { containersOf } from '../manifest/containers.js';
import { dig } from '../manifest/dig.js';
import type { Edit } from '../manifest/edit.js';
import { type Manifest, titleOf } from '../manifest/manifest.js';
import type { Problem } from '../problem.js';
import { restrictedContext } from './container.js';
import { isObject, podPathOf } from './fields.js';

/** What the Pod Security Standard "restricted" asks of pods, and a read-only root, where they say nothing themselves. */
export function restrictionEdits(workload: Manifest): readonly Edit[] {
  const pod = podPathOf(workload);
  const written = dig(workload, ...pod, 'securityContext');
  const own = isObject(written) ? written : {};
  const user = runsAsRoot(workload) ? {} : { runAsNonRoot: true };
  return [
    { path: [...pod, 'securityContext'], value: { ...user, seccompProfile: { type: 'RuntimeDefault' }, ...own } },
    ...containersOf(workload).flatMap(({ container, at }) => [
      // An image named by its digest never changes: pulling it again proves nothing.
      ...(container.imagePullPolicy === undefined ? [{ path: [...at, 'imagePullPolicy'], value: 'IfNotPresent' }] : []),
      { path: [...at, 'securityContext'], value: restrictedContext(container) },
    ]),
  ];
}

/** Who says to run as root is left to it: the pod would not start otherwise. */
export function rootProblems(workload: Manifest): readonly Problem[] {
  if (!runsAsRoot(workload)) return [];
  const message = 'It asks to run as root (runAsUser 0): a namespace under Pod Security "restricted" refuses it.';
  return [{ path: `${titleOf(workload)} ${podPathOf(workload).join('.')}`, message, severity: 'warning' }];
}

/** Whether the pod or one of its containers asks for user 0. */
function runsAsRoot(workload: Manifest): boolean {
  const parts = [dig(workload, ...podPathOf(workload)), ...containersOf(workload).map(({ container }) => container)];
  return parts.some((part) => dig(part, 'securityContext', 'runAsUser') === 0);
}
