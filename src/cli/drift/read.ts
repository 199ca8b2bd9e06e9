import type { Cluster, KubernetesObject } from '../../agent/kubernetes.js';
import { dig } from '../../manifest/dig.js';
import { WORKLOAD_KINDS, type WorkloadKind, workloadPath } from '../../manifest/kinds.js';
import type { Manifest } from '../../manifest/manifest.js';
import { names } from '../../manifest/names.js';
import type { WorkloadSummary } from '../../manifest/stage-config.js';
import type { Stage } from '../../policy/policy.js';
import { PatchwayError } from '../../problem.js';
import { parseState } from '../../promotion/parse-state.js';
import type { ImageSet } from '../../promotion/state.js';
import { configInCluster } from '../stage-in-cluster.js';
import type { StageReality } from './compare.js';

/** What the cluster has of a stage. */
export type StageInCluster = Pick<StageReality, 'workloads' | 'promoted' | 'live' | 'beside' | 'pods'>;

/** @throws where the cluster does not have the stage's objects, or does not let them be read */
export async function readStageInCluster(cluster: Pick<Cluster, 'get'>, stage: Stage): Promise<StageInCluster> {
  const { namespace } = stage;
  const { workloads } = await configInCluster(cluster, stage);
  const list = (path: string, apiVersion: string, kind: string) => listOf(cluster, path, apiVersion, kind);
  const [promoted, live, budgets, scalers, claims, pods] = await Promise.all([
    readPromoted(cluster, stage),
    Promise.all(
      workloads.flatMap(objectsOf).map(async ({ kind, name }) => typed(await cluster.get(workloadPath(kind, namespace, name)), kind)),
    ),
    list(`/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`, 'policy/v1', 'PodDisruptionBudget'),
    list(`/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers`, 'autoscaling/v2', 'HorizontalPodAutoscaler'),
    list(`/api/v1/namespaces/${namespace}/persistentvolumeclaims`, 'v1', 'PersistentVolumeClaim'),
    list(`/api/v1/namespaces/${namespace}/pods`, 'v1', 'Pod'),
  ]);
  return { workloads, promoted, live: live.flat(), beside: [...budgets, ...scalers, ...claims], pods };
}

/** A workload, and the Rollout that takes its pods from it. */
function objectsOf({ kind, name, rolledBy }: WorkloadSummary): readonly { readonly kind: WorkloadKind; readonly name: string }[] {
  return [{ kind, name }, ...(rolledBy === undefined ? [] : [{ kind: 'Rollout' as const, name: rolledBy }])];
}

async function readPromoted(cluster: Pick<Cluster, 'get'>, { name, namespace, after }: Stage): Promise<Readonly<Record<string, ImageSet>>> {
  if (after.length === 0) return {};
  const configMap = names.promotion(name);
  const text = dig(await cluster.get(`/api/v1/namespaces/${namespace}/configmaps/${configMap}`), 'data', 'state');
  const state = parseState(typeof text === 'string' ? text : undefined, `ConfigMap ${namespace}/${configMap}, data.state`);
  return Object.fromEntries(Object.entries(state?.workloads ?? {}).map(([workload, { current }]) => [workload, current]));
}

/** Items of a list carry no type of their own. */
async function listOf(cluster: Pick<Cluster, 'get'>, path: string, apiVersion: string, kind: string): Promise<readonly Manifest[]> {
  const items = dig(await cluster.get(path), 'items');
  if (!Array.isArray(items)) throw new PatchwayError(`${path} cannot be read.`);
  return items.map((item: Manifest) => ({ ...item, apiVersion, kind }));
}

function typed(object: KubernetesObject | undefined, kind: WorkloadKind): readonly Manifest[] {
  const { group, version } = WORKLOAD_KINDS[kind];
  return object === undefined ? [] : [{ ...object, apiVersion: `${group}/${version}`, kind }];
}
