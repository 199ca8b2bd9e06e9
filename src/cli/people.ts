import { resolve } from 'node:path';
import { type Cluster, throughKubectl } from '../agent/kubernetes.js';
import { recordOf } from '../agent/registry/credentials.js';
import { dig } from '../manifest/dig.js';
import { names } from '../manifest/names.js';
import { enginesThat, movesLock } from '../policy/engines.js';
import { loadPolicy } from '../policy/load.js';
import type { Stage } from '../policy/policy.js';
import { PatchwayError } from '../problem.js';
import { pathOfPeople } from '../promotion/people.js';
import type { Io } from './io.js';

export interface PeopleOptions {
  readonly stage: string;
  /** The policy's file. */
  readonly policy: string;
  /** The context of kubectl's configuration. @default the stage's, else the current one */
  readonly context?: string;
}

export type Connect = (options: { readonly context?: string }) => Promise<Cluster & { close(): void }>;

/** Where people write what they decide about a stage. */
export interface Desk {
  readonly stage: Stage;
  readonly cluster: Cluster;
  /** What is written there, by key. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Who writes, as the API server knows them. */
  whoAmI(): Promise<string>;
  /** Writes entries, and takes back those that are undefined. @throws where that is not allowed, or somebody else wrote meanwhile */
  write(entries: Readonly<Record<string, string | undefined>>): Promise<void>;
}

/**
 * Opens it, as whoever kubectl signs in.
 * @throws PatchwayError 64 for a stage that no run in the cluster promotes to, 1 where the cluster does not have its objects
 */
export async function atDesk<T>(
  options: PeopleOptions,
  io: Io,
  work: (desk: Desk) => Promise<T>,
  connect: Connect = throughKubectl,
): Promise<T> {
  const stage = stageOf(options, io);
  const context = options.context ?? stage.cluster;
  const cluster = await connect(context === undefined ? {} : { context });
  try {
    const path = pathOfPeople(stage.namespace, stage.name);
    const found = await cluster.get(path);
    if (found === undefined) {
      throw new PatchwayError(
        `there is no ConfigMap ${stage.namespace}/${names.approvals(stage.name)}. Apply the stage's manifests, or choose its cluster with --context.`,
      );
    }
    const data = recordOf(found.data);
    return await work({
      stage,
      cluster,
      data,
      async whoAmI() {
        const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview', metadata: {} };
        const answer = await cluster.create('/apis/authentication.k8s.io/v1/selfsubjectreviews', review);
        return String(dig(answer, 'status', 'userInfo', 'username'));
      },
      async write(entries) {
        await cluster.replace(path, { ...found, data: { ...data, ...entries } });
      },
    });
  } finally {
    cluster.close();
  }
}

function stageOf({ stage: name, policy: file }: PeopleOptions, io: Io): Stage {
  const policy = loadPolicy(resolve(io.cwd, file));
  const stage = policy.stages.find((each) => each.name === name);
  const usage = (why: string) => new PatchwayError(`--stage ${name}: ${why}`, { exitCode: 64 });
  if (stage === undefined) throw usage(`the policy has no such stage; it has ${policy.stages.map((each) => each.name).join(', ')}.`);
  if (stage.after.length === 0) throw usage('this stage comes after none, its images come from the lock.');
  if (!movesLock(policy.promotion)) return stage;
  const able = enginesThat(({ moves }) => moves === 'cluster');
  throw usage(`the policy promotes by '${policy.promotion.engine}': review or close its request there. This is for the engine ${able}.`);
}
