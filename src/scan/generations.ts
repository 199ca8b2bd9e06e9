/*
 * A volume of databases has a directory per scanner, and in it one per download, its generation, named so that names
 * sort by time. A generation is written beside the others under another name and renamed when it is whole: what has a
 * generation's name is whole, is never written again, and goes when nobody can be reading it any more.
 */

/** The name of a generation that is made now (epoch milliseconds) by this pod. */
export function generationName(now: number, pod: string): string {
  return `${new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')}-${pod}`;
}

/** The name of a generation while it is being written. */
export function unfinished(generation: string): string {
  return `.${generation}`;
}

/** The newest whole generation among a directory's entries. */
export function newestGeneration(entries: readonly string[]): string | undefined {
  return generationsIn(entries).at(-1);
}

/** As old as Grype lets a database be, in milliseconds: five days. Trivy would take one of any age. */
export const GENERATION_AGE = 5 * 24 * 3_600_000;

/** A writer that has not finished after this long never will, in milliseconds: a day. */
const ABANDONED = 24 * 3_600_000;

/**
 * The entries that nobody uses: generations that were replaced longer ago than a reader may live (milliseconds), and what
 * a writer abandoned. Whatever else is there is left alone.
 */
export function unusedGenerations(entries: readonly string[], now: number, life: number): readonly string[] {
  const whole = generationsIn(entries);
  const replaced = whole.filter((_, index) => {
    const next = whole[index + 1];
    return next !== undefined && madeAt(next) + life < now;
  });
  const abandoned = entries.filter((entry) => entry.startsWith('.') && madeAt(entry.slice(1)) + ABANDONED < now);
  return [...replaced, ...abandoned];
}

function generationsIn(entries: readonly string[]): readonly string[] {
  return entries.filter((entry) => !Number.isNaN(madeAt(entry))).sort();
}

/** When a generation was made, in epoch milliseconds; not a number where this is no generation's name. */
export function madeAt(entry: string): number {
  const [, date, hour, minute, second] = /^(\d{8})T(\d\d)(\d\d)(\d\d)Z-/.exec(entry) ?? [];
  return Date.parse(`${date?.replace(/(\d{4})(\d\d)(\d\d)/, '$1-$2-$3')}T${hour}:${minute}:${second}Z`);
}
