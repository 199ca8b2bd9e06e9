import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { loadLock } from '../lock/parse.js';
import { loadPolicy } from '../policy/load.js';
import { PatchwayError } from '../problem.js';
import { podScanners, serverScanners } from '../scan/engines.js';
import { githubWorkflow } from './ci/github.js';
import { gitlabPipeline } from './ci/gitlab.js';
import { type CiJob, ciJob } from './ci/job.js';
import type { Io } from './io.js';
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
}

const FORGES: ReadonlyMap<string, (job: CiJob) => string> = new Map([
  ['github', githubWorkflow],
  ['gitlab', gitlabPipeline],
]);

/**
 * `patchway ci`: writes a workflow that builds an image, scans it with the policy's scanners and judges the reports.
 * The same policy, lock and version give the same bytes.
 *
 * @throws PatchwayError 64 for a forge or option that is none, 65 for a policy or lock that does not do, 1 rather than overwrite a file of another hand
 */
export async function ci(forge: string, options: CiOptions, io: Io, version: string): Promise<0> {
  const write = FORGES.get(forge);
  if (write === undefined) {
    throw new PatchwayError(`ci ${forge}: there is no such forge; there are ${[...FORGES.keys()].join(', ')}.`, { exitCode: 64 });
  }
  const { policy: policyFile, image, stage, output } = options;
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
  if (output === undefined) io.out(write(job));
  else writeWorkflow(output, write(job), `${forge}: ${job.scanners.map(({ kind }) => kind).join(', ')}, and the gate`, io);
  return 0;
}

/** What the first line of every workflow of ours says. */
const MARK = '# Written by `patchway ci ';

function writeWorkflow(output: string, text: string, about: string, io: Io): void {
  const path = resolve(io.cwd, output);
  if (existsSync(path) && !readFileSync(path, 'utf8').startsWith(MARK)) {
    throw new PatchwayError(`${output} exists and was not written by \`patchway ci\`: nothing was written. Name another file with -o.`);
  }
  writeFiles(dirname(path), dirname(output), [{ name: basename(path), text, about }], io);
}
