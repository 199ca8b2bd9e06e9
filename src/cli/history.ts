import { type Cluster, throughKubectl } from '../agent/kubernetes.js';
import { hasPromotion } from '../policy/has-promotion.js';
import type { Policy, Stage } from '../policy/policy.js';
import { PatchwayError } from '../problem.js';
import { historyText, type StageHistory } from './history/text.js';
import type { Io } from './io.js';
import { readStages } from './lock-files.js';
import { promotionState } from './promotion-state.js';

export interface HistoryOptions {
  /** The policy's file. */
  readonly policy: string;
  /** The only stage to tell of. @default all that promotion moves */
  readonly stage?: string;
  /** The context of kubectl's configuration. @default the current one */
  readonly context?: string;
  /** `text`, `json`, or `jsonl`: one entry a line. @default text */
  readonly format?: string;
}

/** The effects of the command, for tests to replace. */
export interface HistoryEffects {
  readonly connect: (options: { readonly context?: string }) => Promise<Pick<Cluster, 'get'> & { close(): void }>;
}

/**
 * `patchway history`: every promotion, rollback and block of the stages, and why, newest first.
 * @throws PatchwayError 64 for an unknown format or stage, 1 where the cluster does not answer
 */
export async function history(options: HistoryOptions, io: Io, effects: HistoryEffects = { connect: throughKubectl }): Promise<0> {
  const { format = 'text' } = options;
  const write = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  if (write === undefined) throw new PatchwayError(`--format ${format}: use ${Object.keys(FORMATS).join(', ')}.`, { exitCode: 64 });
  const { policy, stages } = readStages(options, io);
  const promoted = stages.filter((stage) => hasPromotion(policy, stage));
  if (promoted.length === 0) throw new PatchwayError(nothingKept(policy, options.stage), { exitCode: 64 });
  const cluster = await effects.connect(options.context === undefined ? {} : { context: options.context });
  try {
    const histories = await Promise.all(promoted.map((stage) => stageHistory(cluster, stage)));
    io.out(write(policy, histories));
    return 0;
  } finally {
    cluster.close();
  }
}

async function stageHistory(cluster: Pick<Cluster, 'get'>, stage: Stage): Promise<StageHistory> {
  const state = await promotionState(cluster, stage);
  return { stage, ...(state === undefined ? {} : { state }) };
}

function nothingKept({ promotion }: Policy<string>, stage: string | undefined): string {
  const which =
    stage === undefined
      ? 'No stage of the policy is moved by promotion in the cluster'
      : `--stage ${stage}: nothing is promoted to it in the cluster`;
  const engine = promotion.engine === 'jobs' ? '' : ` (promotion.engine is ${promotion.engine})`;
  return `${which}${engine}: its images come from the lock, whose history is git's. See git log -p images.lock.yaml.`;
}

const FORMATS: Readonly<Record<string, (policy: Policy<string>, histories: readonly StageHistory[]) => string>> = {
  text: historyText,
  json: ({ name }, histories) => `${JSON.stringify({ schemaVersion: 1, policy: name, stages: histories.map(stageJson) }, null, 2)}\n`,
  jsonl: ({ name }, histories) =>
    histories
      .flatMap(({ stage, state }) => {
        const place = { policy: name, stage: stage.name, namespace: stage.namespace };
        const folded = Object.entries(state?.folded ?? {}).map(([month, counts]) => ({ ...place, what: 'folded', month, counts }));
        return [...(state?.history ?? []).map((entry) => ({ ...place, ...entry })), ...folded];
      })
      .map((line) => `${JSON.stringify(line)}\n`)
      .join(''),
};

function stageJson({ stage: { name, namespace }, state }: StageHistory) {
  return {
    stage: name,
    namespace,
    step: state?.step ?? null,
    workloads: state?.workloads ?? {},
    ...(state?.lastError === undefined ? {} : { lastError: state.lastError }),
    entries: state?.history ?? [],
    folded: state?.folded ?? {},
  };
}
