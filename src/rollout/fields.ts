import { dig, isObject } from '../manifest/dig.js';
import type { Edit } from '../manifest/edit.js';
import type { Manifest } from '../manifest/manifest.js';
import { canonicalJson } from '../manifest/names.js';

export { isObject } from '../manifest/dig.js';
export { podPathOf } from '../manifest/kinds.js';

/** The edits that change something. One that would have to replace a value of an odd type on its way is left out: Kubernetes refuses the object anyway, and says why. */
export function changing(manifest: Manifest, edits: readonly Edit[]): readonly Edit[] {
  return edits.filter((edit) => leads(manifest, edit.path) && !isSet(manifest, edit));
}

/** A field's value; null is what is not there. */
export function valueAt(manifest: Manifest, path: readonly (string | number)[]): unknown {
  return dig(manifest, ...path.map(String)) ?? undefined;
}

function isSet(manifest: Manifest, { path, value }: Edit): boolean {
  const own = valueAt(manifest, path);
  return own === value || (typeof own === 'object' && canonicalJson(own) === canonicalJson(value));
}

function leads(manifest: Manifest, path: readonly (string | number)[]): boolean {
  return path.every((key, index) => {
    const parent = valueAt(manifest, path.slice(0, index));
    return parent === undefined || (typeof key === 'number' ? Array.isArray(parent) : isObject(parent));
  });
}
