import { type Cluster, throughKubectl } from '../agent/kubernetes.js';
import type { RegistryClient } from '../agent/registry.js';
import { editLock, writeLock } from '../lock/edit.js';
import type { ImageLock, LockEntry } from '../lock/lock.js';
import { type Release, releaseOf } from '../lock/release.js';
import { dig } from '../manifest/dig.js';
import { names } from '../manifest/names.js';
import { movesLock } from '../policy/engines.js';
import type { Stage } from '../policy/policy.js';
import { isPatchwayError, PatchwayError } from '../problem.js';
import type { Io } from './io.js';
import { type LockOptions, readLockFile, readStages } from './lock-files.js';
import { type PromotedReference, promotedReferences } from './lock-promoted.js';
import { short } from './lock-update.js';
import { clientFor } from './lock-upstream.js';

export interface LockPullOptions extends LockOptions {
  /** The policy's file. */
  readonly policy: string;
  /** The only stage to take over. @default every stage with `after` */
  readonly stage?: string;
  /** The context of kubectl's configuration. @default the current one */
  readonly context?: string;
}

/** The effects of the command, for tests to replace. */
export interface LockPullEffects {
  readonly connect: (options: { readonly context?: string }) => Promise<Pick<Cluster, 'get'> & { close(): void }>;
  readonly client: Pick<RegistryClient, 'metadata'>;
}

/**
 * `patchway lock pull`: takes what was promoted in the cluster over into the lock, for the stages with `after`. 1 where
 * two workloads of a stage run one reference at different digests; that entry then stays, the others are written.
 * @throws PatchwayError where the state cannot be read; the lock is not touched then
 */
export async function lockPull(
  options: LockPullOptions,
  io: Io,
  effects: LockPullEffects = { connect: throughKubectl, client: clientFor(io) },
): Promise<0 | 1> {
  const { policy, stages: all } = readStages(options, io);
  // A forge moves the lock itself.
  const stages = all.filter(({ after }) => after.length > 0 && !movesLock(policy.promotion));
  const file = readLockFile(options, io);
  const states = await readStates(stages, options, effects);
  const images: Record<string, Record<string, LockEntry>> = {};
  const lines: string[] = [];
  let conflicts = 0;
  for (const { stage, state } of states) {
    for (const promoted of promotedReferences(state, `the promotion state of ${stage.name}`)) {
      const { reference } = promoted;
      const entries = file.lock.images[reference];
      const what = `${reference} in ${stage.name}`;
      if (entries === undefined) {
        io.err(`${what}: the lock has no such reference any more; left out.\n`);
      } else if (promoted.digests.length > 1) {
        conflicts += 1;
        io.err(
          `${what}: workloads run it at different digests (${promoted.digests.map(short).join(', ')}); its entry stays. Wait for the promotion to finish, or look at its history.\n`,
        );
      } else if (entries[stage.name]?.digest !== promoted.digest) {
        const entry = await promotedEntry(promoted, file.lock, io, effects);
        images[reference] = { ...images[reference], [stage.name]: entry };
        const before = entries[stage.name];
        lines.push(
          `${what}: ${before === undefined ? '' : `${before.tag} ${short(before.digest)} → `}${entry.tag} ${short(entry.digest)}\n`,
        );
      }
    }
  }
  if (lines.length === 0) {
    io.out(conflicts === 0 ? `nothing to do: ${file.name} says what was promoted.\n` : `${file.name} was not changed.\n`);
  } else {
    writeLock(file.path, editLock(file.text, { images }));
    io.out(`${lines.join('')}${file.name} was written.\n`);
  }
  return conflicts === 0 ? 0 : 1;
}

interface StageState {
  readonly stage: Stage;
  /** The ConfigMap's key `state`; undefined before the first promotion. */
  readonly state: string | undefined;
}

async function readStates(
  stages: readonly Stage[],
  { context }: LockPullOptions,
  { connect }: LockPullEffects,
): Promise<readonly StageState[]> {
  if (stages.length === 0) return [];
  const cluster = await connect(context === undefined ? {} : { context });
  try {
    const states: StageState[] = [];
    for (const stage of stages) {
      const name = names.promotion(stage.name);
      const configMap = await cluster.get(`/api/v1/namespaces/${stage.namespace}/configmaps/${name}`);
      if (configMap === undefined) {
        throw new PatchwayError(
          `stage ${stage.name}: there is no ConfigMap ${stage.namespace}/${name}. Apply the stage's manifests, or choose its cluster with --context.`,
        );
      }
      const state = dig(configMap, 'data', 'state');
      states.push({ stage, state: typeof state === 'string' && state !== '' ? state : undefined });
    }
    return states;
  } finally {
    cluster.close();
  }
}

async function promotedEntry(promoted: PromotedReference, lock: ImageLock, io: Io, { client }: LockPullEffects): Promise<LockEntry> {
  const { reference, tag, digest, promotedAt } = promoted;
  const same = Object.values(lock.images)
    .flatMap((stages) => Object.values(stages))
    .find((entry) => entry.digest === digest);
  const { releasedAt, releasedFrom } =
    same ?? (await releaseFromRegistry(`${reference.slice(0, reference.lastIndexOf(':'))}@${digest}`, io, client));
  return {
    tag,
    digest,
    ...(same?.platforms === undefined ? {} : { platforms: same.platforms }),
    releasedAt,
    releasedFrom,
    ...(promotedAt === undefined ? {} : { promotedAt }),
  };
}

async function releaseFromRegistry(image: string, io: Io, client: LockPullEffects['client']): Promise<Release> {
  try {
    return releaseOf(await client.metadata(image), io.now());
  } catch (error) {
    if (!isPatchwayError(error)) throw error;
    io.err(`${error.message} Its release time is taken to be now.\n`);
    return releaseOf({ labels: {}, annotations: {} }, io.now());
  }
}
