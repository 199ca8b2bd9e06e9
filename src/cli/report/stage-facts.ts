import type { Cluster, KubernetesObject } from '../../agent/kubernetes.js';
import { lookAt } from '../../agent/promote/look.js';
import type { Evidence } from '../../gate/evidence.js';
import type { FirstSeen } from '../../gate/finding.js';
import { decodeFirstSeen } from '../../gate/first-seen.js';
import { parseEvidence } from '../../gate/parse-evidence.js';
import { dig } from '../../manifest/dig.js';
import { names } from '../../manifest/names.js';
import type { WorkloadSummary } from '../../manifest/stage-config.js';
import { hasPromotion } from '../../policy/has-promotion.js';
import type { Policy, Stage } from '../../policy/policy.js';
import type { ImageSet, PromotionState } from '../../promotion/state.js';
import { promotionState } from '../promotion-state.js';
import { configInCluster } from '../stage-in-cluster.js';

export interface WorkloadFacts {
  readonly kind: string;
  readonly name: string;
  readonly running: ImageSet;
}

/** All that the report of a stage is made of. */
export interface StageFacts {
  readonly stage: Stage;
  readonly workloads: readonly WorkloadFacts[];
  /** Names of workloads that are not deployed. */
  readonly missing: readonly string[];
  /** By reference: this stage's evidence first, where it has some, then that of the stages before. */
  readonly evidence: ReadonlyMap<string, readonly Evidence[]>;
  /** By reference: when each finding was first seen in this stage, or in one before. */
  readonly firstSeen: ReadonlyMap<string, FirstSeen>;
  /** Absent for a stage that nothing is promoted to, and before the first run. */
  readonly state?: PromotionState;
}

/** @throws where the cluster does not have the stage's objects, or does not let them be read */
export async function stageFacts(cluster: Pick<Cluster, 'get'>, policy: Policy<string>, stage: Stage): Promise<StageFacts> {
  const { workloads } = await configInCluster(cluster, stage);
  const places = [stage, ...policy.stages.filter(({ name }) => stage.after.includes(name))];
  const images = new Map(
    workloads.flatMap((workload) => workload.images.map(({ reference, repository }) => [reference, repository] as const)),
  );
  const [observed, state, stored] = await Promise.all([
    lookAt(cluster, stage, workloads),
    hasPromotion(policy, stage) ? promotionState(cluster, stage) : undefined,
    Promise.all([...images].map(async ([reference, repository]) => [reference, await storedOf(cluster, places, repository)] as const)),
  ]);
  return {
    stage,
    workloads: workloads.flatMap(({ kind, name }: WorkloadSummary) => {
      const seen = observed[name];
      return seen === undefined ? [] : [{ kind, name, running: seen.images }];
    }),
    missing: workloads.map(({ name }) => name).filter((name) => observed[name] === undefined),
    evidence: new Map(stored.map(([reference, { evidence }]) => [reference, evidence])),
    firstSeen: new Map(stored.map(([reference, { firstSeen }]) => [reference, firstSeen])),
    ...(state === undefined ? {} : { state }),
  };
}

async function storedOf(cluster: Pick<Cluster, 'get'>, places: readonly Stage[], repository: string) {
  const name = names.evidence(repository);
  const found = await Promise.all(
    places.map(async ({ namespace }) =>
      read(await cluster.get(`/api/v1/namespaces/${namespace}/configmaps/${name}`), `${namespace}/${name}`),
    ),
  );
  // Of each finding the earliest date counts: it is an instant followed by another one.
  const firstSeen: Record<string, string> = {};
  for (const [key, dates] of found.flatMap((each) => Object.entries(each.firstSeen))) {
    const known = firstSeen[key];
    if (known === undefined || Date.parse(dates.split('/', 1)[0] ?? '') < Date.parse(known.split('/', 1)[0] ?? '')) firstSeen[key] = dates;
  }
  return { evidence: found.flatMap(({ evidence }) => (evidence === undefined ? [] : [evidence])), firstSeen };
}

function read(configMap: KubernetesObject | undefined, name: string) {
  const text = (...path: readonly string[]) => {
    const value = dig(configMap, ...path);
    return typeof value === 'string' ? value : undefined;
  };
  return {
    evidence: parseEvidence(text('data', 'evidence'), `ConfigMap ${name}, data.evidence`),
    firstSeen: decodeFirstSeen(text('binaryData', 'firstSeen'), `ConfigMap ${name}, binaryData.firstSeen`),
  };
}
