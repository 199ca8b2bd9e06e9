/** The way to a value in a document: field names and list indexes. */
export type Path = readonly (string | number)[];

/** A path as messages name it: `stages[1].soak`. */
export function formatPath(path: Path): string {
  return path.map((key, i) => (typeof key === 'number' ? `[${key}]` : i === 0 ? key : `.${key}`)).join('');
}

/** The path that a message names. */
export function parsePath(text: string): Path {
  return (text.match(/[^.[\]]+/g) ?? []).map((key) => (/^\d+$/.test(key) ? Number(key) : key));
}

/** Whether one path leads to, or through, the other. */
export function related(a: Path, b: Path): boolean {
  const shorter = Math.min(a.length, b.length);
  return a.slice(0, shorter).every((key, i) => key === b[i]);
}
