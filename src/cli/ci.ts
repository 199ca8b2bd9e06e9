import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, relative, resolve } from 'node:path';
import { loadLock } from '../lock/parse.js';
import { loadPolicy } from '../policy/load.js';
import { PatchwayError } from '../problem.js';
import { podScanners, serverScanners } from '../scan/engines.js';
import { dependabotConfig } from './ci/dependabot.js';
import { githubWorkflow } from './ci/github.js';
import { gitlabPipeline } from './ci/gitlab.js';
import { type CiJob, ciJob } from './ci/job.js';
import { overlookedEntries, renovateConfig, type UpdaterJob } from './ci/renovate.js';
import type { PromotionWorkflowOptions } from './forge/job.js';
import type { Io } from './io.js';
import { minimumAgeOf, readLockFile } from './lock-files.js';
import { writeFiles } from './write-files.js';

export interface CiOptions {
  /** The policy's file, from the root of the repository, where this is run. */
  readonly policy: string;
  /** The lock's file: the scanners' images. */
  readonly lock: string;
  /** The image's repository. @default the forge's own registry */
  readonly image?: string;
  /** The stage whose exceptions count. @default exceptions for every stage alone */
  readonly stage?: string;
  /** The file to write. @default the standard output */
  readonly output?: string;
  /** How old an image must be before an updater proposes it: `3d`. @default any age */
  readonly minimumAge?: string;
}

const FORGES: ReadonlyMap<string, (job: CiJob) => string> = new Map([
  ['github', githubWorkflow],
  ['gitlab', gitlabPipeline],
]);

const UPDATERS: ReadonlyMap<string, (job: UpdaterJob) => string> = new Map([
  ['renovate', renovateConfig],
  ['dependabot', dependabotConfig],
]);

/**
 * `patchway ci`: writes a workflow that builds an image, scans it with the policy's scanners and judges the reports, or
 * the configuration of an updater. The same policy, lock and version give the same bytes.
 *
 * @throws PatchwayError 64 for a forge or option that is none, 65 for a policy or lock that does not do, 1 rather than overwrite a file of another hand
 */
export async function ci(forge: string, options: CiOptions & PromotionWorkflowOptions, io: Io, version: string): Promise<0> {
  if (forge === 'promotion') {
    (await import('./forge/workflows.js')).writePromotion(options, io, version, put);
    return 0;
  }
  const [workflow, updater] = [FORGES.get(forge), UPDATERS.get(forge)];
  if (workflow !== undefined) writeWorkflow(forge, workflow, options, io, version);
  else if (updater !== undefined) writeUpdater(forge, updater, options, io);
  else {
    const known = [...FORGES.keys(), ...UPDATERS.keys(), 'promotion'].join(', ');
    throw new PatchwayError(`ci ${forge}: there is no such forge or updater; there are ${known}.`, { exitCode: 64 });
  }
  return 0;
}

function writeWorkflow(forge: string, write: (job: CiJob) => string, options: CiOptions, io: Io, version: string): void {
  const { policy: policyFile, image, stage, minimumAge } = options;
  if (minimumAge !== undefined) throw misplaced('--minimum-age', forge, UPDATERS);
  const policy = loadPolicy(resolve(io.cwd, policyFile));
  const job = ciJob({
    policy,
    policyFile,
    lock: loadLock(resolve(io.cwd, options.lock)),
    version,
    ...(stage === undefined ? {} : { stage }),
    ...(image === undefined ? {} : { image }),
  });
  for (const { kind } of serverScanners(policy.scan)) {
    const others = podScanners(policy.scan).map((other) => other.scanner.kind);
    io.err(`warning: ${kind} is left out, as it fetches images from a registry by itself: the workflow runs ${others.join(' and ')}\n`);
  }
  put(write(job), options, `${forge}: ${job.scanners.map(({ kind }) => kind).join(', ')}, and the gate`, io);
}

function writeUpdater(updater: string, write: (job: UpdaterJob) => string, options: CiOptions, io: Io): void {
  if (options.image !== undefined) throw misplaced('--image', updater, FORGES);
  if (options.stage !== undefined) throw misplaced('--stage', updater, FORGES);
  const lockFile = relative(io.cwd, resolve(io.cwd, options.lock));
  if (lockFile.startsWith('..')) throw new PatchwayError(`--lock ${options.lock}: this is outside of the repository.`, { exitCode: 64 });
  const minimumAge = minimumAgeOf(options.minimumAge);
  const job = { policy: loadPolicy(resolve(io.cwd, options.policy)), lockFile, minimumAge };
  const { text, lock } = readLockFile(options, io);
  if (updater === 'renovate') {
    for (const entry of overlookedEntries(job, text, lock)) {
      io.err(`warning: Renovate will not find ${entry}: write it in braces as \`patchway lock update\` does, with its digest\n`);
    }
  } else io.err(`warning: Dependabot cannot change ${lockFile}: run \`patchway lock update\` on a schedule\n`);
  put(write(job), options, `${updater}: ${updater === 'renovate' ? `${lockFile}, ` : ''}Dockerfiles`, io);
}

function misplaced(option: string, given: string, takers: ReadonlyMap<string, unknown>): PatchwayError {
  return new PatchwayError(`${option}: ci ${given} does not take it; ${[...takers.keys()].join(' and ')} do.`, { exitCode: 64 });
}

/** What every file of ours says at its beginning. */
const MARK = 'Written by `patchway ci ';

function put(text: string, { output }: Pick<CiOptions, 'output'>, about: string, io: Io): void {
  if (output === undefined) {
    io.out(text);
    return;
  }
  const path = resolve(io.cwd, output);
  if (existsSync(path) && !readFileSync(path, 'utf8').slice(0, 200).includes(MARK)) {
    throw new PatchwayError(`${output} exists and was not written by \`patchway ci\`: nothing was written. Name another file with -o.`);
  }
  writeFiles(dirname(path), dirname(output), [{ name: basename(path), text, about }], io);
}
