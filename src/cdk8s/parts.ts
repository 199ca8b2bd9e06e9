import { dig } from '../manifest/dig.js';
import type { Edit } from '../manifest/edit.js';
import type { Manifest } from '../manifest/manifest.js';

/** An object, or one item of a list of objects. */
export interface Part {
  /** Where it is in the object. */
  readonly at: readonly (string | number)[];
  readonly manifest: Manifest;
}

/** What an object consists of: itself, or for a `List` its items. */
export function partsOf(object: Manifest): readonly Part[] {
  const items = object.kind.endsWith('List') ? dig(object, 'items') : undefined;
  if (!Array.isArray(items)) return [{ at: [], manifest: object }];
  return items.flatMap((manifest: unknown, index) => (isManifest(manifest) ? [{ at: ['items', index], manifest }] : []));
}

export function editsOfPart({ at }: Part, edits: readonly Edit[]): readonly Edit[] {
  return at.length === 0 ? edits : edits.map(({ path, value }) => ({ path: [...at, ...path], value }));
}

function isManifest(value: unknown): value is Manifest {
  return (
    typeof dig(value, 'kind') === 'string' && typeof dig(value, 'apiVersion') === 'string' && typeof dig(value, 'metadata') === 'object'
  );
}
