import type { LockEntry } from '../lock/lock.js';
import { KNOWN, ownLabels } from '../manifest/labels.js';
import type { Manifest } from '../manifest/manifest.js';
import { names } from '../manifest/names.js';
import { serviceAccount } from '../manifest/rbac.js';
import type { Stage } from '../policy/policy.js';
import type { GuardOptions } from './guard.js';
import { verifyingContainers } from './verifying.js';

/**
 * The ServiceAccount whose annotation `patchway.dev/lock` lists what may run. `patchway.dev/promoted` is the promoter's, and
 * not written here, so that applying this again leaves it alone. No pod runs as this account, and it may do nothing.
 */
export function knownImages(options: GuardOptions): Manifest {
  const { policy, stage } = options;
  const known = [
    ...new Set([...lockedDigests(options), ...toolDigests(options), ...verifyingImages(options), ...uncoveredImages(options)]),
  ].sort();
  const account = serviceAccount(names.guard(stage.name), stage.namespace, ownLabels(policy.name, stage.name, 'guard'));
  return { ...account, metadata: { ...account.metadata, annotations: { [KNOWN.lock]: known.join('\n') } } };
}

/** Stages before, as their images come here; and those after, as what runs there is what a person goes back to. */
function lockedDigests({ policy, stage, workloads, lock }: GuardOptions): readonly string[] {
  const related = relatedStages(policy.stages, stage.name);
  const references = workloads.flatMap(({ images }) => images.map(({ reference }) => reference));
  const entries = references.flatMap((reference) => Object.entries(lock.images[reference] ?? {}));
  return entries.flatMap(([name, entry]) => (related.has(name) ? digestsOf(entry) : []));
}

function toolDigests({ lock }: GuardOptions): readonly string[] {
  return Object.values(lock.tools).flatMap(({ digest }) => (digest === undefined ? [] : [digest]));
}

/** What verifies a promotion runs in a Job of its own. */
function verifyingImages({ stage: { verify = [] } }: GuardOptions): readonly string[] {
  const images = verify.flatMap((each) => (each.kind === 'job' ? verifyingContainers(each.pod) : [])).map(({ image }) => image);
  return images.map((image) => image.slice(image.lastIndexOf('@') + 1));
}

function uncoveredImages({ uncovered = [] }: GuardOptions): readonly string[] {
  return uncovered.map((image) => image.slice(image.lastIndexOf('@') + 1));
}

/** A container runtime reports either, and a person may have written either. */
function digestsOf({ digest, platforms = {} }: LockEntry): readonly string[] {
  return [digest, ...Object.values(platforms)];
}

function relatedStages(stages: readonly Stage[], name: string): ReadonlySet<string> {
  const before = (of: string) => stages.find((stage) => stage.name === of)?.after ?? [];
  const after = (of: string) => stages.filter((stage) => stage.after.includes(of)).map((stage) => stage.name);
  return new Set([...closure(name, before), ...closure(name, after)]);
}

function closure(start: string, next: (name: string) => readonly string[]): ReadonlySet<string> {
  const found = new Set([start]);
  for (const name of found) for (const each of next(name)) found.add(each);
  return found;
}
