import { type Cluster, throughKubectl } from '../agent/kubernetes.js';
import type { Policy, Stage } from '../policy/policy.js';
import { PatchwayError } from '../problem.js';
import { driftOf, type WorkloadDrift } from './drift/compare.js';
import { readStageInCluster } from './drift/read.js';
import { driftMetrics, driftText } from './drift/text.js';
import type { Io } from './io.js';
import { type LockOptions, readLockFile, readStages } from './lock-files.js';

export interface DriftOptions extends LockOptions {
  /** The policy's file. */
  readonly policy: string;
  /** The only stage to look at. @default all */
  readonly stage?: string;
  /** The context of kubectl's configuration. @default the current one */
  readonly context?: string;
  /** @default text */
  readonly format?: string;
}

/** The effects of the command, for tests to replace. */
export interface DriftEffects {
  readonly connect: (options: { readonly context?: string }) => Promise<Pick<Cluster, 'get'> & { close(): void }>;
}

/**
 * `patchway drift`: what runs, against what lock, promotion and policy say. 2 where it differs.
 * @throws PatchwayError 64 for an unknown format, 65 for a lock or policy that cannot be read, 1 where the cluster does not answer
 */
export async function drift(options: DriftOptions, io: Io, effects: DriftEffects = { connect: throughKubectl }): Promise<0 | 2> {
  const write = writerFor(options.format ?? 'text');
  const { policy, stages } = readStages(options, io);
  const { lock } = readLockFile(options, io);
  const cluster = await effects.connect(options.context === undefined ? {} : { context: options.context });
  try {
    const read = async (stage: Stage) => driftOf({ policy, stage, lock, ...(await readStageInCluster(cluster, stage)) });
    const drifts = (await Promise.all(stages.map(read))).flat();
    io.out(write(policy, drifts));
    return drifts.every(({ state }) => state === 'inSync') ? 0 : 2;
  } finally {
    cluster.close();
  }
}

type Write = (policy: Policy<string>, drifts: readonly WorkloadDrift[]) => string;

const FORMATS: Readonly<Record<string, Write>> = {
  text: (_policy, drifts) => driftText(drifts),
  json: ({ name }, workloads) => `${JSON.stringify({ schemaVersion: 1, policy: name, workloads }, null, 2)}\n`,
  metrics: driftMetrics,
};

function writerFor(format: string): Write {
  const write = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  if (write === undefined) throw new PatchwayError(`--format ${format}: use ${Object.keys(FORMATS).join(', ')}.`, { exitCode: 64 });
  return write;
}
