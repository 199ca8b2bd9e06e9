import type { ImageScope } from '../gate/exceptions.js';
import { sorted } from '../gate/identity.js';
import type { ImageReports } from '../gate/images.js';
import { parseReference } from '../lock/reference.js';
import type { LockedImage } from './gate-lock.js';

/** What of an image exceptions and VEX statements are compared with, from its reports and the lock. */
export function imageScopeOf(group: ImageReports, locked: LockedImage | undefined, stage: string | undefined): ImageScope {
  const written = [group.image, ...(locked?.names ?? [])].flatMap((name) => (name === undefined ? [] : (parseReference(name) ?? [])));
  const reported = group.reports.flatMap(({ repositories }) => repositories.map((name) => parseReference(name)?.repository ?? name));
  return {
    repositories: sorted([...written.map(({ repository }) => repository), ...reported]),
    digests: sorted([...group.digests, ...written.flatMap(({ digest }) => digest ?? []), ...(locked?.digests ?? [])]),
    names: sorted(written.flatMap(({ repository, tag }) => (tag === undefined ? [] : `${repository}:${tag}`))),
    ...(stage === undefined ? {} : { stage }),
  };
}
