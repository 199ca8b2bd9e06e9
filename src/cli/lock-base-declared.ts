import { baseReference } from '../lock/base.js';
import { normaliseReference } from '../lock/reference.js';
import { containersOf } from '../manifest/containers.js';
import { titleOf } from '../manifest/manifest.js';
import { workloadOptions } from '../manifest/workload-options.js';
import { badInput, type Problem } from '../problem.js';
import type { Io } from './io.js';
import { readManifests } from './manifest-files.js';

/**
 * What workloads name as base of their first container's image, by the lock's key.
 * @throws 65 with every base that is no reference, and every image that workloads name two bases of
 */
export function declaredBases(files: readonly string[], io: Io): ReadonlyMap<string, string> {
  const bases = new Map<string, { readonly base: string; readonly by: string }>();
  const problems: Problem[] = [];
  for (const { manifest, file, line } of readManifests(files, io).manifests) {
    const { base } = workloadOptions(manifest).options;
    const image = containersOf(manifest).find(({ init }) => !init)?.container.image;
    const reference = typeof image === 'string' ? normaliseReference(image) : undefined;
    if (base === undefined || reference === undefined) continue;
    const tell = (message: string, hint: string) =>
      problems.push({
        path: `${titleOf(manifest)} metadata.annotations["patchway.dev/base"]`,
        message,
        received: JSON.stringify(base),
        hint,
        severity: 'error',
        file,
        line,
        column: 1,
      });
    const other = bases.get(reference);
    if (base !== 'scratch' && baseReference(base) === undefined)
      tell('This is not an image reference.', 'Write what stands behind FROM: alpine:3.19.');
    else if (other !== undefined && other.base !== base)
      tell(`${other.by} says that the base of ${reference} is ${other.base}.`, 'An image has one base: correct one of the two.');
    else bases.set(reference, { base, by: titleOf(manifest) });
  }
  if (problems.length > 0) throw badInput('--workloads', problems);
  return new Map([...bases].map(([reference, { base }]) => [reference, base]));
}
