import { execFileSync } from 'node:child_process';
import { basename, dirname } from 'node:path';
import type { ImageLock, LockEntry } from '../../lock/lock.js';
import { parseLock } from '../../lock/parse.js';
import { isPatchwayError } from '../../problem.js';

/** How many versions of the lock are looked at. */
const VERSIONS = 50;

/** The lock as it was before what was merged last; undefined where that cannot be told. */
export function lockBefore(path: string): ImageLock | undefined {
  try {
    return parseLock(gitIn(path)('show', `HEAD^1:./${basename(path)}`), 'the image lock before');
  } catch {
    return undefined;
  }
}

/** The lock's texts as git has them, the newest first; none outside of a repository. A shallow clone has few. */
export function* lockVersions(path: string): Generator<string> {
  const git = gitIn(path);
  try {
    const commits = git('log', `--max-count=${VERSIONS}`, '--format=%H', '--', basename(path)).split('\n');
    for (const commit of commits.filter((each) => each !== '')) yield git('show', `${commit}:./${basename(path)}`);
  } catch {
    // Without git, or past the end of what was fetched, there is nothing more to look at.
  }
}

/** What a lock once said of an image in a stage; undefined where no version did. */
export function formerEntry(
  versions: Iterable<string>,
  { reference, stage, digest }: { readonly reference: string; readonly stage: string; readonly digest: string },
): LockEntry | undefined {
  for (const text of versions) {
    const entry = entriesIn(text)[reference]?.[stage];
    if (entry?.digest === digest) return entry;
  }
  return undefined;
}

function gitIn(path: string) {
  return (...args: readonly string[]) =>
    execFileSync('git', ['-C', dirname(path), ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 64 * 2 ** 20 });
}

/** A version that cannot be read says nothing. */
function entriesIn(text: string): Readonly<Record<string, Readonly<Record<string, LockEntry>>>> {
  try {
    return parseLock(text, 'an earlier image lock').images;
  } catch (error) {
    if (!isPatchwayError(error)) throw error;
    return {};
  }
}
