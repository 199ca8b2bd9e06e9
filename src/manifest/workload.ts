import type { ImageLock } from '../lock/lock.js';
import { lockedImage, missingImage } from '../lock/lookup.js';
import { normaliseReference, parseReference } from '../lock/reference.js';
import type { Problem } from '../problem.js';
import { containersOf, type PlacedContainer, type WorkloadManifest } from './containers.js';
import { dig } from './dig.js';
import type { Edit } from './edit.js';
import type { Manifest } from './manifest.js';
import { names } from './names.js';
import { pullSecretsOf } from './pull-secrets.js';
import type { ScanTarget, WorkloadImage, WorkloadSummary } from './stage-config.js';
import { workloadOptions } from './workload-options.js';

/** The images of an object's pods, as the lock has them for a stage. */
export interface LockedImages {
  readonly images: readonly WorkloadImage[];
  /** What makes them locked digests, `repository:tag@digest`. One that is its locked digest already stays as it is written. */
  readonly edits: readonly Edit[];
  /** Every image that the lock does not have. */
  readonly problems: readonly Problem[];
}

export function lockedImages(manifest: Manifest, lock: ImageLock, stage: string): LockedImages {
  const images: WorkloadImage[] = [];
  const edits: Edit[] = [];
  const problems: Problem[] = [];
  for (const placed of containersOf(manifest)) {
    const found = imageOf(placed, lock, stage);
    if ('message' in found) problems.push(found);
    else {
      images.push(found);
      if (!isLocked(placed, found)) edits.push({ path: [...placed.at, 'image'], value: rendered(found) });
    }
  }
  return { images, edits, problems };
}

/** A workload with its images, and what it says of itself. */
export function summarise(
  workload: WorkloadManifest,
  images: readonly WorkloadImage[],
): { readonly summary: WorkloadSummary; readonly problems: readonly Problem[] } {
  const { kind, metadata } = workload;
  const { options, problems } = workloadOptions(workload);
  const pullSecrets = pullSecretsOf(workload);
  const secrets = pullSecrets.length === 0 ? {} : { pullSecrets };
  const replicas = kind === 'StatefulSet' ? (dig(workload, 'spec', 'replicas') ?? 1) : undefined;
  const count = typeof replicas === 'number' ? { replicas } : {};
  return { summary: { kind, name: metadata.name, ...options, images, ...secrets, ...count }, problems };
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
        locked: rendered(image),
        evidence: names.evidence(image.repository),
        workloads: distinct(users.map(({ name }) => name)),
        ...(pullSecrets.length === 0 ? {} : { pullSecrets }),
      };
    })
    .sort((a, b) => (a.reference < b.reference ? -1 : 1));
}

function rendered({ repository, tag, digest }: WorkloadImage): string {
  return `${repository}:${tag}@${digest}`;
}

function isLocked({ container }: PlacedContainer, { repository, digest }: WorkloadImage): boolean {
  const written = parseReference(String(container.image));
  return written?.repository === repository && written.digest === digest;
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
    reference: found.reference,
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
