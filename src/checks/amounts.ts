import { dig } from '../manifest/dig.js';
import type { Manifest } from '../manifest/manifest.js';
import type { StageObjects } from './stage-objects.js';

/** How many pods a workload says to have; undefined where it does not say, or an autoscaler does. */
export function replicasOf(workload: Manifest, { scalerOf }: StageObjects): number | undefined {
  const replicas = dig(workload, 'spec', 'replicas');
  return typeof replicas === 'number' && scalerOf(workload) === undefined ? replicas : undefined;
}

/** The fewest pods that it may have: what it says, else what its autoscaler starts from, else Kubernetes' default. */
export function leastPods(workload: Manifest, stage: StageObjects): number {
  const least = dig(stage.scalerOf(workload), 'spec', 'minReplicas');
  return replicasOf(workload, stage) ?? (typeof least === 'number' ? least : 1);
}

/** How many pods more than wanted a rollout may run. */
export function surgeOf(workload: Manifest, replicas: number): number {
  const strategy = dig(workload, 'spec', 'strategy');
  if (workload.kind === 'Deployment' && dig(strategy, 'type') !== 'Recreate')
    return countOf(dig(strategy, 'rollingUpdate', 'maxSurge') ?? '25%', replicas) ?? 0;
  if (workload.kind === 'Rollout' && dig(strategy, 'canary') !== undefined)
    return countOf(dig(strategy, 'canary', 'maxSurge') ?? '25%', replicas) ?? 0;
  return workload.kind === 'Rollout' && dig(strategy, 'blueGreen') !== undefined ? replicas : 0;
}

/** A count or percentage as pods, rounded up as surges and budgets are; undefined where it is neither. */
export function countOf(value: unknown, replicas: number): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^\d+%$/.test(value) ? Math.ceil((Number.parseInt(value, 10) * replicas) / 100) : undefined;
}
