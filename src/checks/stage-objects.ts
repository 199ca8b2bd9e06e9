import { dig } from '../manifest/dig.js';
import { templatePathOf } from '../manifest/kinds.js';
import { type Manifest, titleOf } from '../manifest/manifest.js';
import { append, type Pods, podsOf } from './pods.js';

/** The objects of a stage as checks look at them: looked through once for all. */
export interface StageObjects {
  /** Those that are under the policy. */
  readonly workloads: readonly Manifest[];
  /** Of workloads, and of all else that bears pods. */
  readonly pods: Pods;
  readonly services: readonly Manifest[];
  readonly claims: ReadonlyMap<string, Manifest>;
  readonly quotas: readonly Manifest[];
  readonly budgets: Budgets;
  /** The first Service that selects a workload's pods. */
  serviceOf(workload: Manifest): Manifest | undefined;
  /** The HorizontalPodAutoscaler, or KEDA's ScaledObject, that sets a workload's replicas. */
  scalerOf(workload: Manifest): Manifest | undefined;
}

export interface Budgets {
  /** Each with what bears the pods that it protects; what several select counts for the first. */
  readonly protecting: ReadonlyMap<Manifest, readonly Manifest[]>;
  /** Pods that two select. */
  readonly twice: readonly { readonly bearer: Manifest; readonly first: Manifest; readonly second: Manifest }[];
}

/** @param namespace where objects are that name none; those of others are left out */
export function stageObjects(workloads: readonly Manifest[], beside: readonly Manifest[], namespace: string): StageObjects {
  const here = (manifest: Manifest) => (dig(manifest, 'metadata', 'namespace') ?? namespace) === namespace;
  const others = beside.filter(here);
  const ofKind = (...kinds: readonly string[]) => others.filter(({ kind }) => kinds.includes(kind));
  const pods = podsOf([...workloads, ...others.filter((each) => templatePathOf(each) !== undefined)]);
  const services = ofKind('Service');
  const served = lazily(() => servedBy(services, pods));
  const budgets = lazily(() => budgetsOf(ofKind('PodDisruptionBudget'), pods));
  const scalers = new Map(ofKind('HorizontalPodAutoscaler', 'ScaledObject').map((scaler) => [targetOf(scaler), scaler]));
  return {
    workloads,
    pods,
    services,
    claims: new Map(ofKind('PersistentVolumeClaim').map((claim) => [claim.metadata.name, claim])),
    quotas: ofKind('ResourceQuota'),
    get budgets() {
      return budgets();
    },
    serviceOf: (workload) => served().get(workload),
    scalerOf: (workload) => scalers.get(titleOf(workload)),
  };
}

function servedBy(services: readonly Manifest[], pods: Pods): ReadonlyMap<Manifest, Manifest> {
  const served = new Map<Manifest, Manifest>();
  for (const service of services) {
    for (const bearer of pods.selectedBy(service)) if (!served.has(bearer)) served.set(bearer, service);
  }
  return served;
}

function budgetsOf(all: readonly Manifest[], pods: Pods): Budgets {
  const firsts = new Map<Manifest, Manifest>();
  const protecting = new Map<Manifest, Manifest[]>();
  const twice: Budgets['twice'][number][] = [];
  for (const budget of all) {
    for (const bearer of pods.selectedBy(budget)) {
      const first = firsts.get(bearer);
      if (first === undefined) {
        firsts.set(bearer, budget);
        append(protecting, budget, bearer);
      } else {
        twice.push({ bearer, first, second: budget });
        // One is enough to tell, and budgets that select everything would meet everywhere.
        break;
      }
    }
  }
  return { protecting, twice };
}

function targetOf(scaler: Manifest): string {
  const target = dig(scaler, 'spec', 'scaleTargetRef');
  return `${String(dig(target, 'kind') ?? 'Deployment')}/${String(dig(target, 'name'))}`;
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
