import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, throughKubectl } from '../agent/kubernetes.js';
import { type PromotionEnd, promote } from '../agent/promote.js';
import { names } from '../manifest/names.js';
import { movesLock } from '../policy/engines.js';
import { hasPromotion } from '../policy/has-promotion.js';
import { loadPolicy } from '../policy/load.js';
import type { Policy, Stage } from '../policy/policy.js';
import { PatchwayError } from '../problem.js';
import type { Io } from './io.js';
import { configInCluster } from './stage-in-cluster.js';

export interface PromoteToOptions {
  /** The policy's file. */
  readonly policy: string;
  /** The stage to promote to. */
  readonly to: string;
  /** Only says what would be done. @default false */
  readonly dryRun?: boolean;
  /** The context of kubectl's configuration. @default the current one */
  readonly context?: string;
}

/** The effects of the command, for tests to replace. */
export interface PromoteToEffects {
  readonly connect: (options: { readonly context?: string }) => Promise<Cluster & { close(): void }>;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/**
 * `patchway promote`: does what the stage's CronJob does, from outside and as whoever calls it. 2 where it is blocked or
 * somebody else changed the stage.
 * @throws PatchwayError 64 for a stage that nothing is promoted to, 1 where the cluster does not have the stage's objects
 */
export async function promoteTo(
  options: PromoteToOptions,
  io: Io,
  effects: PromoteToEffects = { connect: throughKubectl, sleep: (ms) => sleep(ms) },
): Promise<0 | 2> {
  const policy = loadPolicy(resolve(io.cwd, options.policy));
  const stage = stageOf(policy, options.to);
  const cluster = await effects.connect(options.context === undefined ? {} : { context: options.context });
  let stopping = false;
  const stop = () => {
    stopping = true;
    io.err('ending after this step; again to end at once.\n');
  };
  process.once('SIGINT', stop);
  try {
    const config = await configInCluster(cluster, stage, [names.promotion(stage.name)]);
    if (config.policy.hash !== policy.hash) {
      io.err(`${options.policy} is not the policy that the cluster promotes by: apply its manifests. The cluster's policy is followed.\n`);
    }
    const world = { config, cluster, now: io.now, sleep: effects.sleep, log: (line: string) => io.out(`${line}\n`) };
    return exitCode(await promote(world, { identity: identity(io), dryRun: options.dryRun ?? false, stopping: () => stopping }));
  } finally {
    process.removeListener('SIGINT', stop);
    cluster.close();
  }
}

function stageOf(policy: Policy<string>, name: string): Stage {
  const stage = policy.stages.find((each) => each.name === name);
  const promoted = policy.stages.filter((each) => hasPromotion(policy, each)).map((each) => each.name);
  const instead = promoted.length === 0 ? 'it has none that comes after another' : `it promotes to ${promoted.join(', ')}`;
  if (stage === undefined) throw new PatchwayError(`--to ${name}: the policy has no such stage; ${instead}.`, { exitCode: 64 });
  if (hasPromotion(policy, stage)) return stage;
  if (movesLock(policy.promotion)) {
    const message = `the policy promotes by '${policy.promotion.engine}', which moves the lock: \`patchway forge propose --to ${name}\` says what it would do.`;
    throw new PatchwayError(message, { exitCode: 64 });
  }
  throw new PatchwayError(`--to ${name}: this stage comes after none, its images come from the lock; ${instead}.`, { exitCode: 64 });
}

/** Not another run's, even of the same person. */
function identity({ env }: Io): string {
  return `${env.USER ?? 'somebody'}@${hostname()}-${randomBytes(3).toString('hex')}`;
}

function exitCode(end: PromotionEnd): 0 | 2 {
  return end === 'blocked' || end === 'foreignChange' ? 2 : 0;
}
