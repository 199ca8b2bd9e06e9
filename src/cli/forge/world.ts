import { dirname, join, relative, resolve } from 'node:path';
import { type Cluster, throughKubectl } from '../../agent/kubernetes.js';
import { judge } from '../../agent/promote/judge.js';
import { lookAt } from '../../agent/promote/look.js';
import type { ImageLock } from '../../lock/lock.js';
import { lockedImage, missingImage } from '../../lock/lookup.js';
import type { StageConfig, WorkloadSummary } from '../../manifest/stage-config.js';
import { enginesThat, movesLock } from '../../policy/engines.js';
import { loadPolicy } from '../../policy/load.js';
import type { Policy, Stage } from '../../policy/policy.js';
import { badInput, PatchwayError } from '../../problem.js';
import { stagesBefore } from '../../promotion/before.js';
import { REFUSED_FILE } from '../../promotion/engines/message.js';
import type { ObservedStage, Situation } from '../../promotion/situation.js';
import type { PromotionState, WorkloadImages } from '../../promotion/state.js';
import type { Io } from '../io.js';
import { type LockFile, readLockFile } from '../lock-files.js';
import { readRefused } from './refused-file.js';

/** What both steps of a forge's workflows are told. */
export interface ForgeOptions {
  /** The stage. */
  readonly to: string;
  /** The policy's file. */
  readonly policy: string;
  /** The lock's file. */
  readonly lock: string;
  /** A directory for what the workflow goes on with. @default none: nothing is written but the lock */
  readonly into?: string;
  /** The context of kubectl's configuration of stages without a `cluster`. @default the current one */
  readonly context?: string;
}

type Connected = Cluster & { close(): void };
export type Connect = (options: { readonly context?: string }) => Promise<Connected>;

/** What a step works on: files, and clusters that are connected to when they are needed. */
export interface ForgeWorld {
  readonly policy: Policy;
  readonly stage: Stage;
  readonly lock: LockFile;
  /** What git says was refused in this stage. */
  readonly refused: PromotionState['refused'];
  readonly refusedFile: string;
  clusterOf(stage: Stage): Promise<Cluster>;
  close(): void;
}

/** @throws PatchwayError 64 for a stage that there is none of, or an engine that is no forge, 65 for files that are wrong */
export function forgeWorld(options: ForgeOptions, io: Io, connect: Connect = throughKubectl): ForgeWorld {
  const policy = loadPolicy(resolve(io.cwd, options.policy));
  const stage = policy.stages.find(({ name }) => name === options.to);
  if (stage === undefined) {
    const names = policy.stages.map(({ name }) => name).join(', ');
    throw new PatchwayError(`--to ${options.to}: the policy has no such stage; it has ${names}.`, { exitCode: 64 });
  }
  if (!movesLock(policy.promotion)) {
    const message = `the policy promotes by '${policy.promotion.engine}'. Set promotion.engine to ${enginesThat(({ moves }) => moves === 'lock')}.`;
    throw new PatchwayError(message, { exitCode: 64 });
  }
  const lock = readLockFile(options, io);
  const refusedFile = join(dirname(lock.path), REFUSED_FILE);
  const connected = new Map<string, Promise<Connected>>();
  return {
    policy,
    stage,
    lock,
    refused: readRefused(refusedFile, relative(io.cwd, refusedFile))[stage.name] ?? [],
    refusedFile,
    clusterOf({ cluster = options.context }) {
      const known = connected.get(cluster ?? '') ?? connect(cluster === undefined ? {} : { context: cluster });
      connected.set(cluster ?? '', known);
      return known;
    },
    close() {
      for (const each of connected.values()) each.then((cluster) => cluster.close()).catch(() => undefined);
    },
  };
}

/** Workloads with the images that the lock names for the stage. @throws PatchwayError 65 for those it does not name */
export function withLocked(workloads: readonly WorkloadSummary[], lock: ImageLock, { name }: Stage): readonly WorkloadSummary[] {
  const missing = new Set<string>();
  const locked = workloads.map((workload) => ({
    ...workload,
    images: workload.images.map((image) => {
      const entry = lockedImage(lock, image.reference, name)?.entry;
      if (entry === undefined) missing.add(image.reference);
      return entry === undefined ? image : { ...image, tag: entry.tag, digest: entry.digest, releasedAt: entry.releasedAt };
    }),
  }));
  if (missing.size === 0) return locked;
  throw badInput(
    'the image lock',
    [...missing].map((path) => ({ path, message: missingImage(path, name), severity: 'error' as const })),
  );
}

export interface Look {
  readonly config: StageConfig;
  readonly observed: Situation['observed'];
  readonly verdicts: Situation['verdicts'];
}

/** What a stage and the stages before it run, and what the gate says of it at an instant (epoch milliseconds). */
export async function look(
  world: ForgeWorld,
  workloads: readonly WorkloadSummary[],
  at: number,
  candidate?: WorkloadImages,
): Promise<Look> {
  const { policy, stage } = world;
  const config: StageConfig = { schemaVersion: 1, policy, stage: stage.name, workloads };
  const stages = [stage, ...policy.stages.filter(({ name }) => stage.after.includes(name))];
  const clusters = new Map(await Promise.all(stages.map(async (each) => [each.name, await world.clusterOf(each)] as const)));
  const clusterOf = (name: string): Cluster => {
    const cluster = clusters.get(name);
    if (cluster === undefined) throw new PatchwayError(`stage ${name} is not looked at.`);
    return cluster;
  };
  const [here = {}, ...others] = await Promise.all(stages.map((each) => lookAt(clusterOf(each.name), each, workloads)));
  const before = Object.fromEntries(stages.slice(1).map(({ name }, index) => [name, others[index] ?? {}]));
  const observed = { here, before };
  const seen = stagesBefore({ stage, workloads, observed });
  const judged = { running: imagesOf(here), candidate, before: seen.images };
  return { config, observed, verdicts: await judge({ cluster: clusterOf(stage.name), clusterOf, config, stage, at }, judged) };
}

function imagesOf(observed: ObservedStage): WorkloadImages {
  return Object.fromEntries(Object.entries(observed).map(([name, { images }]) => [name, images]));
}
