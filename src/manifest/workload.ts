import type { ImageLock } from '../lock/lock.js';
import { lockedImage, missingImage } from '../lock/lookup.js';
import { normaliseReference } from '../lock/reference.js';
import type { Problem } from '../problem.js';
import { containersOf, type PlacedContainer, type WorkloadManifest } from './containers.js';
import type { Container } from './manifest.js';
import { names } from './names.js';
import { pullSecretsOf } from './pull-secrets.js';
import type { ScanTarget, WorkloadImage, WorkloadSummary } from './stage-config.js';
import { workloadOptions } from './workload-options.js';

/** A workload's images as the lock has them for a stage, what it says of itself, and every image that the lock does not have. */
export function summarise(
  workload: WorkloadManifest,
  lock: ImageLock,
  stage: string,
): { readonly summary: WorkloadSummary; readonly problems: readonly Problem[] } {
  const { options, problems: unread } = workloadOptions(workload);
  const images: WorkloadImage[] = [];
  const problems: Problem[] = [...unread];
  for (const placed of containersOf(workload)) {
    const found = imageOf(placed, lock, stage);
    if ('message' in found) problems.push(found);
    else images.push(found);
  }
  const pullSecrets = pullSecretsOf(workload);
  const secrets = pullSecrets.length === 0 ? {} : { pullSecrets };
  return { summary: { kind: workload.kind, name: workload.metadata.name, ...options, images, ...secrets }, problems };
}

/** A container with the image that the lock names, `repository:tag@digest`; unchanged where it names none. */
export function withLockedImage(container: Container, lock: ImageLock, stage: string): Container {
  const image = container.image === undefined ? undefined : lockedImage(lock, container.image, stage)?.image;
  return image === undefined ? container : { ...container, image };
}

/** What is scanned for these workloads: each reference once, sorted, with the workloads that run it. */
export function scanTargets(workloads: readonly WorkloadSummary[]): readonly ScanTarget[] {
  const targets = new Map<string, { readonly image: WorkloadImage; readonly users: WorkloadSummary[] }>();
  for (const workload of workloads) {
    for (const image of workload.images) {
      const target = targets.get(image.reference) ?? { image, users: [] };
      targets.set(image.reference, target);
      target.users.push(workload);
    }
  }
  return [...targets.values()]
    .map(({ image, users }) => {
      const pullSecrets = distinct(users.flatMap((user) => user.pullSecrets ?? []));
      return {
        reference: image.reference,
        repository: image.repository,
        locked: `${image.repository}:${image.tag}@${image.digest}`,
        evidence: names.evidence(image.repository),
        workloads: distinct(users.map(({ name }) => name)),
        ...(pullSecrets.length === 0 ? {} : { pullSecrets }),
      };
    })
    .sort((a, b) => (a.reference < b.reference ? -1 : 1));
}

function distinct(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort();
}

function imageOf({ container, init, path }: PlacedContainer, lock: ImageLock, stage: string): WorkloadImage | Problem {
  const problem = (message: string): Problem => ({ path: `${path}.image`, message, severity: 'error' });
  if (typeof container.image !== 'string') return problem(`Container ${container.name} names no image.`);
  const reference = normaliseReference(container.image);
  if (reference === undefined) return problem(`${JSON.stringify(container.image)} is not an image reference.`);
  const found = lockedImage(lock, container.image, stage);
  if (found === undefined) return problem(notLocked(reference, lock, stage));
  const { repository, entry } = found;
  return {
    container: container.name,
    init,
    reference,
    repository,
    tag: entry.tag,
    digest: entry.digest,
    releasedAt: entry.releasedAt,
  };
}

function notLocked(reference: string, lock: ImageLock, stage: string): string {
  const others = Object.keys(lock.images[reference] ?? {}).sort();
  return `${missingImage(reference, stage)}${others.length === 0 ? '' : ` It is locked for ${others.join(', ')}.`}`;
}
