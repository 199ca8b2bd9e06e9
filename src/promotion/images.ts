import type { ImageSet, WorkloadImages } from './state.js';

/** One image of one workload that differs between two sets. */
export interface Change {
  readonly workload: string;
  readonly reference: string;
  /** Absent where nothing was known before. */
  readonly from?: { readonly tag: string; readonly digest: string };
  readonly to: { readonly tag: string; readonly digest: string };
}

/** What moving from one set of images to another changes, by digest: a tag is only a name. */
export function changesBetween(from: WorkloadImages, to: WorkloadImages): readonly Change[] {
  return Object.entries(to).flatMap(([workload, images]) =>
    Object.entries(images).flatMap(([reference, image]) => {
      const before = from[workload]?.[reference];
      if (before?.digest === image.digest) return [];
      return [{ workload, reference, to: image, ...(before === undefined ? {} : { from: before }) }];
    }),
  );
}

/** Whether two sets of one workload are the same images, for the references that `wanted` names. */
export function runs(images: ImageSet, wanted: ImageSet): boolean {
  return Object.entries(wanted).every(([reference, { digest }]) => images[reference]?.digest === digest);
}

/** Whether two sets name the same digests for the same workloads. */
export function sameImages(a: WorkloadImages, b: WorkloadImages): boolean {
  return covers(a, b) && covers(b, a);
}

function covers(a: WorkloadImages, b: WorkloadImages): boolean {
  return Object.entries(b).every(([workload, images]) => runs(a[workload] ?? {}, images));
}

/** Only the images that a set of changes is about: what a history entry keeps. */
export function changedImages(changes: readonly Change[], side: 'from' | 'to'): WorkloadImages {
  const sets: Record<string, Record<string, { readonly tag: string; readonly digest: string }>> = {};
  for (const change of changes) {
    const image = change[side];
    if (image !== undefined) sets[change.workload] = { ...sets[change.workload], [change.reference]: image };
  }
  return sets;
}

/** How a set is written for people: `web:1.0.2 (sha256:4ac1e0f2b3d5)`, each image once. */
export function describeImages(sets: WorkloadImages): string {
  const written = Object.values(sets).flatMap((images) =>
    Object.entries(images).map(([reference, image]) => describeImage(reference, image)),
  );
  return [...new Set(written)].sort().join(', ') || 'nothing';
}

export function describeImage(reference: string, { tag, digest }: { readonly tag: string; readonly digest: string }): string {
  const repository = repositoryOf(reference);
  return `${repository.slice(repository.lastIndexOf('/') + 1)}:${tag} (${digest.slice(0, 'sha256:'.length + 12)})`;
}

/** Of a normalised reference: `ghcr.io/acme/web` of `ghcr.io/acme/web:1.4`. */
export function repositoryOf(reference: string): string {
  return reference.slice(0, reference.lastIndexOf(':'));
}
