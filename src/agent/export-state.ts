import type { PromotionProgress, StageState } from '../exporter/state.js';
import type { Evidence } from '../gate/evidence.js';
import { excusedEvidence } from '../gate/excused-evidence.js';
import { isObject } from '../gate/json.js';
import { parseEvidence } from '../gate/parse-evidence.js';
import { dig } from '../manifest/dig.js';
import { WORKLOAD_KINDS, workloadPath } from '../manifest/kinds.js';
import { BREAK_GLASS } from '../manifest/labels.js';
import { names } from '../manifest/names.js';
import type { WorkloadSummary } from '../manifest/stage-config.js';
import { movesLock } from '../policy/engines.js';
import { isPatchwayError, PatchwayError } from '../problem.js';
import type { AgentContext } from './context.js';

/** How many objects are read at the same time. */
const PARALLEL = 8;

/**
 * Reads what metrics are made of: evidence, the promotion's state and the workloads of one stage. A ConfigMap whose
 * contents cannot be read is told and counts as missing, so that its own metrics are absent and no others.
 * @throws where the API server does not answer or refuses
 */
export async function readStage(context: AgentContext): Promise<StageState> {
  const { config } = context;
  const stage = config.policy.stages.find(({ name }) => name === config.stage);
  if (stage === undefined) throw new PatchwayError(`the policy has no stage ${config.stage}: apply what synthesis wrote again.`);
  const repositories = new Set(config.workloads.flatMap(({ images }) => images.map(({ repository }) => repository)));
  const [evidence, running, promotion, breakGlassPods] = await Promise.all([
    each(
      [...repositories].map(names.evidence),
      (name) => name,
      (name) => readEvidence(context, stage.namespace, name),
    ),
    each(
      config.workloads,
      ({ name }) => name,
      (workload) => readImages(context, stage.namespace, workload),
    ),
    stage.after.length === 0 || movesLock(config.policy.promotion) ? undefined : readPromotion(context, stage.namespace),
    config.policy.promotion.guard === false ? undefined : countBreakGlass(context, stage.namespace),
  ]);
  const deployed = new Map([...running].flatMap(([name, images]) => (images === undefined ? [] : [[name, images] as const])));
  return {
    config,
    at: context.now(),
    evidence,
    running: deployed,
    ...(promotion === undefined ? {} : { promotion }),
    ...(breakGlassPods === undefined ? {} : { breakGlassPods }),
  };
}

async function readEvidence(context: AgentContext, namespace: string, name: string): Promise<Evidence | undefined> {
  const { policy, stage } = context.config;
  return readKey(context, namespace, name, 'evidence', (text) => {
    const evidence = parseEvidence(text, name);
    return evidence && excusedEvidence(evidence, { exceptions: policy.exceptions ?? [], stage, at: context.now() });
  });
}

async function readPromotion(context: AgentContext, namespace: string): Promise<PromotionProgress | undefined> {
  return readKey(context, namespace, names.promotion(context.config.stage), 'state', progress);
}

async function readKey<T>(
  { cluster, log }: AgentContext,
  namespace: string,
  name: string,
  key: string,
  parse: (text: string) => T,
): Promise<T | undefined> {
  const found = await cluster.get(`/api/v1/namespaces/${namespace}/configmaps/${name}`);
  const text = isObject(found?.data) ? found.data[key] : undefined;
  if (typeof text !== 'string') return undefined;
  try {
    return parse(text);
  } catch (error) {
    log(`ConfigMap ${name}, key ${key}, cannot be read and counts as missing: ${isPatchwayError(error) ? error.message : String(error)}`);
    return undefined;
  }
}

function progress(text: string): PromotionProgress {
  const state: unknown = JSON.parse(text);
  if (!isProgress(state)) throw new PatchwayError('it is not the state of a promotion');
  return state;
}

function isProgress(state: unknown): state is PromotionProgress {
  return isObject(state) && state.schemaVersion === 1 && typeof state.step === 'string' && isObject(state.workloads);
}

/** The images of a workload by container; undefined where there is no such workload. */
async function readImages(
  { cluster }: AgentContext,
  namespace: string,
  { kind, name }: WorkloadSummary,
): Promise<Readonly<Record<string, string>> | undefined> {
  const spec = dig(await cluster.get(workloadPath(kind, namespace, name)), ...WORKLOAD_KINDS[kind].template, 'spec');
  if (!isObject(spec)) return undefined;
  const containers = [spec.initContainers, spec.containers].flatMap((list): readonly unknown[] => (Array.isArray(list) ? list : []));
  return Object.fromEntries(
    containers.flatMap((container) =>
      isObject(container) && typeof container.name === 'string' && typeof container.image === 'string'
        ? [[container.name, container.image]]
        : [],
    ),
  );
}

/** Pods that have ended run nothing any more. */
async function countBreakGlass({ cluster }: AgentContext, namespace: string): Promise<number | undefined> {
  const query = `labelSelector=${encodeURIComponent(BREAK_GLASS)}&fieldSelector=${encodeURIComponent('status.phase!=Succeeded,status.phase!=Failed')}`;
  const found = await cluster.get(`/api/v1/namespaces/${namespace}/pods?${query}`);
  return Array.isArray(found?.items) ? found.items.length : undefined;
}

async function each<K, T>(keys: readonly K[], nameOf: (key: K) => string, read: (key: K) => Promise<T>): Promise<ReadonlyMap<string, T>> {
  const results = new Map<string, T>();
  const queue = [...keys];
  const worker = async () => {
    for (let key = queue.shift(); key !== undefined; key = queue.shift()) results.set(nameOf(key), await read(key));
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  return results;
}
