import { dig } from '../manifest/dig.js';
import type { Manifest } from '../manifest/manifest.js';
import { selectsPods } from '../manifest/selector.js';

/** The other objects of a stage that concern a workload. */
export interface Surroundings {
  readonly budgets: readonly Manifest[];
  readonly services: readonly Manifest[];
  /** HorizontalPodAutoscalers, and KEDA's ScaledObjects. */
  readonly scalers: readonly Manifest[];
  readonly claims: readonly Manifest[];
  readonly accounts: readonly Manifest[];
  /** Argo Rollouts. */
  readonly rollouts: readonly Manifest[];
}

const KINDS: Readonly<Record<keyof Surroundings, readonly string[]>> = {
  budgets: ['PodDisruptionBudget'],
  services: ['Service'],
  scalers: ['HorizontalPodAutoscaler', 'ScaledObject'],
  claims: ['PersistentVolumeClaim'],
  accounts: ['ServiceAccount'],
  rollouts: ['Rollout'],
};

const known = new WeakMap<readonly Manifest[], Map<string, Surroundings>>();

/** Of a namespace; objects that name none are taken to be in it. Looked through once for all workloads that share a list. */
export function surroundingsOf(beside: readonly Manifest[], namespace: string): Surroundings {
  const byNamespace = known.get(beside) ?? new Map<string, Surroundings>();
  known.set(beside, byNamespace);
  const found = byNamespace.get(namespace) ?? lookThrough(beside, namespace);
  byNamespace.set(namespace, found);
  return found;
}

/** Whether an autoscaler sets the replicas: its own, or those of the Argo Rollout that takes its place by its name. */
export function isScaled(workload: Manifest, around: Surroundings): boolean {
  const kinds = workload.kind === 'Deployment' ? ['Deployment', 'Rollout'] : [workload.kind];
  return kinds.some((kind) => scalerOf({ ...workload, kind }, around) !== undefined);
}

/** The autoscaler of exactly this object. */
export function scalerOf({ kind, metadata }: Manifest, { scalers }: Surroundings): Manifest | undefined {
  return scalers.find((scaler) => {
    const target = dig(scaler, 'spec', 'scaleTargetRef');
    return (dig(target, 'kind') ?? 'Deployment') === kind && dig(target, 'name') === metadata.name;
  });
}

/** Two budgets that select the same pods make every eviction fail. */
export function isBudgeted(workload: Manifest, { budgets }: Surroundings): boolean {
  return budgets.some((budget) => selectsPods(budget, workload));
}

function lookThrough(beside: readonly Manifest[], namespace: string): Surroundings {
  const here = beside.filter(({ metadata }) => (dig(metadata, 'namespace') ?? namespace) === namespace);
  const ofKind = (name: keyof Surroundings) => here.filter(({ kind }) => KINDS[name].includes(kind));
  return {
    budgets: ofKind('budgets'),
    services: ofKind('services'),
    scalers: ofKind('scalers'),
    claims: ofKind('claims'),
    accounts: ofKind('accounts'),
    rollouts: ofKind('rollouts'),
  };
}
