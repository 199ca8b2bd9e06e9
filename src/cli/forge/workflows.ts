import { join, resolve } from 'node:path';
import { loadPolicy } from '../../policy/load.js';
import { PatchwayError } from '../../problem.js';
import type { Io } from '../io.js';
import { githubWorkflows } from './github.js';
import { gitlabJobs } from './gitlab.js';
import { type PromotionWorkflowOptions, promotionJob } from './job.js';

/** Writes a file, or prints it where none is named. */
type Put = (text: string, to: { readonly output?: string }, about: string, io: Io) => void;

/**
 * `patchway ci promotion`: writes the workflows of the forge that the policy's engine names, into the directory `output`.
 * @throws PatchwayError 64 for options that do not go together, 65 for a policy that no forge promotes by, 1 rather than overwrite a file of another hand
 */
export function writePromotion(options: PromotionWorkflowOptions & { readonly output?: string }, io: Io, version: string, put: Put): void {
  const policy = loadPolicy(resolve(io.cwd, options.policy));
  const job = promotionJob({ policy, version }, options, io);
  if (job.promoted.length === 0) {
    throw new PatchwayError('stages: none comes after another, so there is nothing to promote.', { exitCode: 65 });
  }
  if (job.tick !== policy.promotion.schedule) {
    io.err(`warning: forges know no time zones: the workflows look at ${job.tick} instead of promotion.schedule, and windows decide\n`);
  }
  const files =
    policy.promotion.engine === 'github-actions'
      ? githubWorkflows(job)
      : [{ name: '.gitlab/patchway-promotion.yml', text: gitlabJobs(job), about: 'merge requests that promote, and their deployment' }];
  for (const { name, text, about } of files) {
    put(text, options.output === undefined ? {} : { output: join(options.output, name) }, about, io);
  }
}
