import { dig } from '../manifest/dig.js';
import type { Manifest } from '../manifest/manifest.js';
import { countOf, replicasOf } from './amounts.js';
import type { StageObjects } from './stage-objects.js';

/** A budget that lets no pod go: a node where one of them runs is never drained. */
export interface Blocked {
  readonly budget: Manifest;
  /** What it protects; never none. */
  readonly workloads: readonly [Manifest, ...Manifest[]];
  /** Absent where it is not known, and does not matter. */
  readonly replicas?: number;
  /** What the budget says: `minAvailable 2`. */
  readonly rule: string;
}

/** A DaemonSet's pods are not evicted when a node is drained, and those of Jobs end by themselves. */
const EVICTED = ['Deployment', 'StatefulSet', 'Rollout', 'ReplicaSet', 'ReplicationController'];

export function blockingBudgets(stage: StageObjects): readonly Blocked[] {
  return [...stage.budgets.protecting].flatMap(([budget, bearers]) => {
    const [first, ...more] = bearers.filter(({ kind }) => EVICTED.includes(kind));
    if (first === undefined) return [];
    const counts = [first, ...more].map((workload) => replicasOf(workload, stage));
    const replicas = counts.includes(undefined) ? undefined : counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
    const rule = blockingRule(budget, replicas);
    return rule === undefined ? [] : [{ budget, workloads: [first, ...more], rule, ...(replicas === undefined ? {} : { replicas }) }];
  });
}

/** Percentages are rounded up, those of pods that may go too. */
function blockingRule(budget: Manifest, replicas: number | undefined): string | undefined {
  const maxUnavailable = dig(budget, 'spec', 'maxUnavailable');
  const minAvailable = dig(budget, 'spec', 'minAvailable');
  if (replicas === 0) return undefined;
  if (maxUnavailable === 0 || maxUnavailable === '0%') return `maxUnavailable ${maxUnavailable}`;
  const least = replicas === undefined ? undefined : countOf(minAvailable, replicas);
  const isAll = minAvailable === '100%' || (least !== undefined && replicas !== undefined && least >= replicas);
  return isAll ? `minAvailable ${String(minAvailable)}` : undefined;
}
