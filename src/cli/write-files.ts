import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { PatchwayError } from '../problem.js';
import type { Io } from './io.js';

export interface OutputFile {
  /** Below the directory that is written to. */
  readonly name: string;
  readonly text: string;
  /** What is in it, for the line that says that it was written. */
  readonly about: string;
}

/**
 * Writes files into a directory, all or none: each is first written beside its place, then all are moved.
 * @throws when the directory cannot be written to; no file is half-written then
 */
export function writeFiles(directory: string, name: string, files: readonly OutputFile[], io: Io): void {
  const placed = files.map((file) => ({ ...file, path: join(directory, file.name), draft: join(directory, draftName(file.name)) }));
  attempt(name, () => {
    for (const folder of new Set([directory, ...placed.map(({ path }) => dirname(path))])) mkdirSync(folder, { recursive: true });
  });
  attempt(
    name,
    () => {
      for (const { draft, text } of placed) writeFileSync(draft, text);
      for (const { draft, path } of placed) renameSync(draft, path);
    },
    () => {
      for (const { draft } of placed) rmSync(draft, { force: true });
    },
  );
  for (const file of files) io.out(`${join(name, file.name)}: ${file.about}\n`);
}

function draftName(name: string): string {
  return join(dirname(name), `.${basename(name)}.new`);
}

function attempt(name: string, write: () => void, undo: () => void = () => undefined): void {
  try {
    write();
  } catch (cause) {
    undo();
    throw new PatchwayError(`${name} cannot be written to: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
