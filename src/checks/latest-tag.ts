import { parseReference } from '../lock/reference.js';
import { containersOf } from '../manifest/containers.js';
import type { Manifest } from '../manifest/manifest.js';
import type { Finding } from './check.js';

/** A tag that says nothing. The lock pins it all the same, but no person or rule can tell what changes with the next digest. */
export function latestTag(workload: Manifest): readonly Finding[] {
  return containersOf(workload).flatMap(({ container, path }) => {
    const reference = typeof container.image === 'string' ? parseReference(container.image) : undefined;
    if (reference === undefined || (reference.tag !== undefined && reference.tag !== 'latest')) return [];
    const said = reference.tag === undefined ? 'no tag' : 'the tag latest';
    return [
      {
        path: `${path}.image`,
        message: `${reference.repository} is taken by ${said}: any next version may come with the next digest, a breaking one too.`,
        hint: 'Name a version, such as 1.4.',
      },
    ];
  });
}
