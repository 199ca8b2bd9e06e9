import { lstatSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { PatchwayError } from '../problem.js';
import type { LockEntry, ToolEntry, ToolName } from './lock.js';
import { parseLock } from './parse.js';
import { normaliseReference } from './reference.js';
import { TextEdit, type Tree } from './text-edit.js';

/** What is to stand in a lock; what is not named stays as it is. */
export interface LockChanges {
  /** By reference as workloads write it, then by stage. */
  readonly images?: Readonly<Record<string, Readonly<Record<string, LockEntry>>>>;
  readonly tools?: { readonly [T in ToolName]?: ToolEntry };
}

/** What a lock starts with when there is none. */
export const EMPTY_LOCK = `# What each image reference means in each stage. \`patchway lock update\` moves it; keep it in version control.
schemaVersion: 1
images: {}
`;

/**
 * Changes entries in the text of a lock and nothing else: comments, order, quotes and spaces stay as they are, and what
 * is already so is not touched.
 * @throws when the text is not a lock
 */
export function editLock(text: string, changes: LockChanges): string {
  parseLock(text, 'the lock');
  const edit = new TextEdit(text, isEntry);
  edit.set({ ...imageTrees(changes, edit.keys('images')), ...toolTrees(changes) });
  const edited = edit.toString();
  parseLock(edited, 'the edited lock');
  return edited;
}

/**
 * Writes a lock whole or not at all: into a file beside it that then takes its place.
 * @throws when the directory cannot be written to
 */
export function writeLock(file: string, text: string): void {
  const target = lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() ? realpathSync(file) : file;
  const temporary = `${target}.${process.pid}.tmp`;
  const mode = statSync(target, { throwIfNoEntry: false })?.mode;
  try {
    writeFileSync(temporary, text, mode === undefined ? {} : { mode });
    renameSync(temporary, target);
  } catch (cause) {
    rmSync(temporary, { force: true });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PatchwayError(`${file}: the image lock cannot be written: ${reason}`, { cause });
  }
}

/** An entry stands on one line, and fields that it no longer has go: `images.<reference>.<stage>`, `tools.<tool>`. */
function isEntry(path: readonly string[]): boolean {
  return path.length >= (path[0] === 'images' ? 3 : 2);
}

function imageTrees({ images = {} }: LockChanges, writtenKeys: readonly string[]): Tree {
  const written = new Map(writtenKeys.map((key) => [normaliseReference(key), key]));
  const byKey = Object.entries(images).map(([reference, stages]) => [
    written.get(normaliseReference(reference)) ?? reference,
    trees(stages),
  ]);
  return byKey.length === 0 ? {} : { images: Object.fromEntries(byKey) };
}

function toolTrees({ tools = {} }: LockChanges): Tree {
  return Object.keys(tools).length === 0 ? {} : { tools: trees(tools) };
}

function trees(entries: Readonly<Record<string, LockEntry | ToolEntry | undefined>>): Tree {
  return Object.fromEntries(Object.entries(entries).flatMap(([name, entry]) => (entry === undefined ? [] : [[name, treeOf(entry)]])));
}

function treeOf(entry: object): Tree {
  const fields = Object.entries(entry).filter((field) => field[1] !== undefined);
  return Object.fromEntries(
    fields.map(([name, value]) => [name, typeof value === 'object' && value !== null ? treeOf(value) : String(value)]),
  );
}
