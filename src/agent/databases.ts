import { cp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { PatchwayError } from '../problem.js';
import { podScanners } from '../scan/engines.js';
import { FILES, scratchOf } from '../scan/files.js';
import { generationName, unfinished, unusedGenerations } from '../scan/generations.js';
import { podSeconds } from '../scan/pod.js';
import type { AgentContext, AgentRun } from './context.js';
import { podOf } from './scan/target.js';

/** Where things are. Tests have others. */
export interface DatabasePlaces {
  readonly databases: string;
  scratch(kind: Parameters<typeof scratchOf>[0]): string;
}

/**
 * Puts the databases that the scanners of this pod have downloaded onto the volume that scans read: each is copied under
 * a name that nobody looks for, and renamed when it is whole. Scans that are under way go on with the one that they have.
 */
export const storeDatabases: AgentRun = (context) => storeIn(context, { databases: FILES.databases, scratch: scratchOf });

export async function storeIn(context: AgentContext, places: DatabasePlaces): Promise<number> {
  const { scan } = context.config.policy;
  for (const { scanner, program } of podScanners(scan)) {
    const directory = `${places.databases}/${scanner.kind}`;
    const { name } = podOf(context);
    const incoming = `${directory}/${unfinished(generationName(context.now(), name))}`;
    try {
      await mkdir(directory, { recursive: true });
      const unused = unusedGenerations(await readdir(directory), context.now(), podSeconds(scan) * 1000);
      // First, as the volume may have no room for one more.
      for (const entry of unused) await rm(`${directory}/${entry}`, { recursive: true, force: true });
      await cp(`${places.scratch(scanner.kind)}/${program.database.directory}`, incoming, { recursive: true });
      // Only from here on is the one before it replaced.
      const generation = generationName(context.now(), name);
      await rename(incoming, `${directory}/${generation}`);
      context.log(`${scanner.kind}: stored ${generation}${unused.length === 0 ? '' : `, removed ${unused.join(', ')}`}`);
    } catch (cause) {
      await rm(incoming, { recursive: true, force: true }).catch(() => undefined);
      throw new PatchwayError(failure(scan.cache, cause), { cause });
    }
  }
  return 0;
}

function failure(claim: string | undefined, cause: unknown): string {
  const what = cause instanceof Error ? cause.message : String(cause);
  return `scan.cache: the volume of the claim ${claim} cannot be written to: ${what}. It needs room for three downloads, and to be writable for group 65532.`;
}
