import type { ImageLock } from '../lock/lock.js';
import { PatchwayError } from '../problem.js';
import type { Io } from './io.js';
import { type LockOptions, readLockFile } from './lock-files.js';
import { short } from './lock-update.js';

export interface LockShowOptions extends LockOptions {
  /** `text` or `json`. @default text */
  readonly format?: string;
}

/**
 * `patchway lock show`: what the lock says, references normalised.
 * @throws PatchwayError 65 for a lock that cannot be read, 64 for a format that does not exist
 */
export async function lockShow({ format = 'text', ...options }: LockShowOptions, io: Io): Promise<0> {
  const print = { text: asText, json: (lock: ImageLock) => `${JSON.stringify(lock, undefined, 2)}\n` };
  if (format !== 'text' && format !== 'json') {
    throw new PatchwayError(`--format ${format}: there is no such format; there are text and json.`, { exitCode: 64 });
  }
  io.out(print[format](readLockFile(options, io).lock));
  return 0;
}

function asText({ images, tools }: ImageLock): string {
  const rows = Object.entries(images).flatMap(([reference, stages]) =>
    Object.entries(stages).map(([stage, { tag, digest, releasedAt, releasedFrom, promotedAt }]) => [
      reference,
      stage,
      tag,
      short(digest),
      `${releasedFrom === 'firstSeen' ? 'first seen' : 'released'} ${releasedAt}${promotedAt === undefined ? '' : `, promoted ${promotedAt}`}`,
    ]),
  );
  const toolRows = Object.entries(tools).map(([name, { image, tag, digest }]) => [
    image,
    `(${name})`,
    tag,
    digest === undefined ? 'no digest' : short(digest),
    '',
  ]);
  return table([['REFERENCE', 'STAGE', 'TAG', 'DIGEST', 'WHEN'], ...rows, ...toolRows]);
}

/** Columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
