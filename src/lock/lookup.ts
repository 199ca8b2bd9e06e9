import { PatchwayError } from '../problem.js';
import type { ImageLock, LockEntry, ToolName } from './lock.js';
import { normaliseReference, parseReference } from './reference.js';

/** An image that the lock names for a stage. */
export interface LockedImage {
  /** The lock's key: the reference, normalised. */
  readonly reference: string;
  readonly repository: string;
  readonly entry: LockEntry;
  /** As it is rendered: `repository:tag@digest`. */
  readonly image: string;
}

/**
 * What a reference, written in any way, means in a stage; undefined where the lock has no entry. One with a digest that the
 * lock names for the stage means the entry that names it, whatever its tag: so rendered images are found again.
 */
export function lockedImage(lock: ImageLock, reference: string, stage: string): LockedImage | undefined {
  const key = keyByDigest(lock, reference, stage) ?? normaliseReference(reference);
  const stages = key === undefined ? undefined : lock.images[key];
  const entry = stages !== undefined && Object.hasOwn(stages, stage) ? stages[stage] : undefined;
  if (key === undefined || entry === undefined) return undefined;
  const repository = repositoryOf(key);
  return { reference: key, repository, entry, image: `${repository}:${entry.tag}@${entry.digest}` };
}

/** Says that an image is not locked for a stage, and how to add it. */
export function missingImage(reference: string, stage: string): string {
  return `${reference} is not locked for stage ${stage}. Add it with \`patchway lock update --image ${reference}\`.`;
}

/**
 * The image of one of Patchway's tools: `repository:tag@digest`.
 * @throws with what to do when the lock does not name it, or not its digest
 */
export function toolImage(lock: ImageLock, tool: ToolName): string {
  const entry = lock.tools[tool];
  if (entry === undefined) {
    throw new PatchwayError(
      `the lock names no image for ${tool}. Add \`${tool}: {image: …, tag: …}\` under \`tools\`, then run \`patchway lock update\`.`,
      {
        exitCode: 65,
      },
    );
  }
  if (entry.digest === undefined) {
    throw new PatchwayError(`the lock has no digest for ${tool} (${entry.image}:${entry.tag}). Run \`patchway lock update\`.`, {
      exitCode: 65,
    });
  }
  return `${entry.image}:${entry.tag}@${entry.digest}`;
}

function keyByDigest(lock: ImageLock, text: string, stage: string): string | undefined {
  const reference = parseReference(text);
  if (reference?.digest === undefined) return undefined;
  const { repository, tag, digest } = reference;
  const named = `${repository}:${tag}`;
  const names = (key: string) => lock.images[key]?.[stage]?.digest === digest;
  if (Object.hasOwn(lock.images, named) && names(named)) return named;
  return Object.keys(lock.images).find((key) => repositoryOf(key) === repository && names(key));
}

/** The repository of a normalised reference: a colon after the last slash starts the tag. */
function repositoryOf(reference: string): string {
  return reference.slice(0, reference.lastIndexOf(':'));
}
