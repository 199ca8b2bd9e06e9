import { mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { toInstant } from '../../gate/instant.js';
import { names } from '../../manifest/names.js';
import type { StageConfig } from '../../manifest/stage-config.js';
import { PatchwayError } from '../../problem.js';
import { podScanners } from '../../scan/engines.js';
import { FILES, scratchOf } from '../../scan/files.js';
import { GENERATION_AGE, madeAt, newestGeneration } from '../../scan/generations.js';
import type { DatabasePlaces } from '../databases.js';

/**
 * Leads each scanner of this pod to the newest database on the volume that the policy names, if it names one: by a link
 * from where the scanner has its own. So all of a scan sees the same one, whatever is stored meanwhile.
 * @param now epoch milliseconds
 * @throws where there is none yet, or none was stored for days: what a scanner does not know of would count as clean
 */
export async function linkDatabases(
  { policy: { scan }, stage }: Pick<StageConfig, 'policy' | 'stage'>,
  now: number,
  places: DatabasePlaces = { databases: FILES.databases, scratch: scratchOf },
): Promise<void> {
  if (scan.cache === undefined) return;
  for (const { scanner, program } of podScanners(scan)) {
    const directory = `${places.databases}/${scanner.kind}`;
    const generation = newestGeneration(await readdir(directory).catch(() => []));
    if (generation === undefined) {
      const job = `\`kubectl create job databases --from=cronjob/${names.databases(stage)}\``;
      throw new PatchwayError(
        `scan.cache: the volume of the claim ${scan.cache} has no database for ${scanner.kind} yet. Fill it: ${job}.`,
      );
    }
    if (madeAt(generation) + GENERATION_AGE < now) {
      const since = toInstant(madeAt(generation));
      throw new PatchwayError(
        `scan.cache: the database for ${scanner.kind} on the volume of the claim ${scan.cache} is from ${since}, more than five days ago. See why the Jobs of the CronJob ${names.databases(stage)} fail.`,
      );
    }
    const link = `${places.scratch(scanner.kind)}/${program.database.directory}`;
    await mkdir(dirname(link), { recursive: true });
    // The container may be started again.
    await rm(link, { force: true });
    await symlink(`${directory}/${generation}`, link);
  }
}
