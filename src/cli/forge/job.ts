import { relative, resolve } from 'node:path';
import { enginesThat, movesLock } from '../../policy/engines.js';
import type { Policy, Stage } from '../../policy/policy.js';
import { PatchwayError } from '../../problem.js';
import { REFUSED_FILE } from '../../promotion/engines/message.js';
import { shellWord } from '../ci/shell.js';
import type { Io } from '../io.js';

/** What the options of `patchway ci promotion` say. */
export interface PromotionWorkflowOptions {
  readonly policy: string;
  readonly lock: string;
  readonly workloads?: readonly string[];
  /** A command that writes manifests into `dist`. @default `patchway synth` on `workloads` */
  readonly synth?: string;
  /** @default false */
  readonly gitops?: boolean;
  /** @default main */
  readonly branch?: string;
  /** Separated by commas. @default nobody */
  readonly reviewers?: string;
  /** An image with Node, git and kubectl; for GitLab. */
  readonly runner?: string;
  /** @default kubeconfigs carry what they sign in with */
  readonly oidc?: string;
}

/** What workflows of promotion do, on whatever forge. */
export interface PromotionJob {
  readonly policy: Policy;
  /** From the root of the repository, as are all files. */
  readonly policyFile: string;
  readonly lockFile: string;
  readonly refusedFile: string;
  /** A line of shell. */
  readonly synth: string;
  readonly gitops: boolean;
  readonly branch: string;
  readonly reviewers: string;
  readonly oidc?: string;
  /** `patchway@1.2.3`. */
  readonly patchway: string;
  /** What jobs run on, where the forge does not say: an image with Node, git and kubectl. */
  readonly runner: string;
  /** Stages that are promoted to. */
  readonly promoted: readonly Stage[];
  /** When it is looked, in five-field cron, in UTC. */
  readonly tick: string;
  readonly deployMinutes: number;
}

/** @throws PatchwayError 64 for options that do not go together, 65 for a policy that no forge promotes by */
export function promotionJob(
  { policy, version }: { readonly policy: Policy; readonly version: string },
  options: PromotionWorkflowOptions,
  io: Io,
): PromotionJob {
  if (!movesLock(policy.promotion)) {
    const forges = enginesThat(({ moves }) => moves === 'lock');
    const message = `promotion.engine: '${policy.promotion.engine}' needs no workflow: it promotes in the cluster. Set it to ${forges} for workflows.`;
    throw new PatchwayError(message, { exitCode: 65 });
  }
  const inside = (file: string, option: string) => {
    const path = relative(io.cwd, resolve(io.cwd, file));
    if (!path.startsWith('..')) return path;
    throw new PatchwayError(`${option} ${file}: this is outside of the repository.`, { exitCode: 64 });
  };
  const [policyFile, lockFile] = [inside(options.policy, '--policy'), inside(options.lock, '--lock')];
  const patchway = `patchway@${version}`;
  const { workloads, reviewers = '', branch = 'main', oidc } = options;
  if ((workloads === undefined) === (options.synth === undefined)) {
    throw new PatchwayError('ci promotion: say what writes the manifests, with --workloads <file...> or --synth <command>.', {
      exitCode: 64,
    });
  }
  const files = (workloads ?? []).map((file) => shellWord(inside(file, '--workloads'))).join(' ');
  const synth = `npx --yes ${shellWord(patchway)} synth ${shellWord(policyFile)} --workloads ${files} --lock ${shellWord(lockFile)} -o dist`;
  return {
    policy,
    policyFile,
    lockFile,
    refusedFile: lockFile.replace(/[^/]*$/, REFUSED_FILE),
    synth: options.synth === undefined ? synth : oneLine(options.synth),
    gitops: options.gitops === true,
    branch: matching(branch, /^[\w./-]+$/, '--branch', 'the name of a branch'),
    reviewers: matching(reviewers, /^[\w.,/-]*$/, '--reviewers', 'names separated by commas'),
    ...(oidc === undefined ? {} : { oidc: matching(oidc, /^[\w.:/-]+$/, '--oidc', 'an audience') }),
    patchway,
    runner: runnerOf(policy, options),
    promoted: policy.stages.filter(({ after }) => after.length > 0),
    tick: tickOf(policy.promotion.schedule),
    deployMinutes: 20 + Math.ceil((2 * policy.rollout.progressDeadline) / 60_000),
  };
}

function runnerOf({ promotion }: Policy, { runner }: PromotionWorkflowOptions): string {
  const needed = promotion.engine === 'gitlab-ci';
  if (runner !== undefined && needed) return matching(runner, /^[\w.:/@-]+$/, '--runner', 'an image');
  if (!needed && runner === undefined) return '';
  const message = needed
    ? 'ci promotion: name an image with Node, git and kubectl for the jobs of GitLab, with --runner <image>, by its digest.'
    : '--runner: workflows for GitHub run on its own runners.';
  throw new PatchwayError(message, { exitCode: 64 });
}

/** Forges know no time zones, so only what is the same in all of them is taken over: windows are looked at when it runs. */
function tickOf(schedule: string): string {
  const [minute = '', ...rest] = schedule.split(' ');
  return rest.every((field) => field === '*') && minute !== '*' ? schedule : '*/10 * * * *';
}

function oneLine(command: string): string {
  if (!command.includes('\n') && !command.includes('${{')) return command;
  throw new PatchwayError('--synth: this must be one line without expressions of a forge.', { exitCode: 64 });
}

function matching(value: string, pattern: RegExp, option: string, what: string): string {
  if (pattern.test(value)) return value;
  throw new PatchwayError(`${option} ${value}: this is not ${what}.`, { exitCode: 64 });
}
