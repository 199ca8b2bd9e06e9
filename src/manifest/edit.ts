import type { Json, Manifest } from './manifest.js';

/** One field set to a value. What is missing on the way to it is made; what is there stays where it is. */
export interface Edit {
  /** Keys and indexes, from the object's top. */
  readonly path: readonly (string | number)[];
  readonly value: Json;
}

/** A copy with the edits made, in their order. An edit through a value that is no object or list replaces it. */
export function applyEdits<M extends Manifest>(manifest: M, edits: readonly Edit[]): M {
  return edits.reduce<M>((edited, { path, value }) => setAt(edited, path, value), manifest);
}

/** Keys keep their order, and new ones come last. */
function setAt<T>(target: T, path: readonly (string | number)[], value: Json): T;
function setAt(target: unknown, [key, ...rest]: readonly (string | number)[], value: Json): unknown {
  if (key === undefined) return value;
  if (typeof key === 'number') {
    const list: readonly unknown[] = Array.isArray(target) ? target : [];
    return list.map((each, index) => (index === key ? setAt(each, rest, value) : each));
  }
  const entries = new Map(typeof target === 'object' && target !== null && !Array.isArray(target) ? Object.entries(target) : []);
  // Built from entries, so that a key `__proto__` stays data.
  return Object.fromEntries(entries.set(key, setAt(entries.get(key), rest, value)));
}
