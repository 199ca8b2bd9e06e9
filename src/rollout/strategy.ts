import { dig } from '../manifest/dig.js';
import type { WorkloadKind } from '../manifest/kinds.js';
import { type Manifest, titleOf } from '../manifest/manifest.js';
import type { RolloutPolicy, Stage } from '../policy/policy.js';
import { referringTo } from './argo/referring.js';
import { valueAt } from './fields.js';
import { orderedPaceOf, paceOf } from './pace.js';
import { type Settled, settingsOf } from './settings.js';
import { noSurgeBecause } from './surge.js';
import { isScaled, type Surroundings } from './surroundings.js';

const NOTHING: Settled = { edits: [], problems: [] };

/** How a workload is rolled: strategy, pace, and the numbers that the policy sets. */
export function strategyOf(workload: Manifest, kind: WorkloadKind, rollout: RolloutPolicy, stage: Stage, around: Surroundings): Settled {
  const replicas = replicasOf(workload, kind, stage, around);
  const parts = [replicas, rollingOf(workload, kind, rollout, countOf(workload, replicas), around), settingsOf(workload, kind, rollout)];
  return { edits: parts.flatMap(({ edits }) => edits), problems: parts.flatMap(({ problems }) => problems) };
}

/** Of kinds that are rolled by a strategy: where it is. */
const STRATEGIES: Partial<Readonly<Record<WorkloadKind, readonly string[]>>> = {
  Deployment: ['spec', 'strategy'],
  StatefulSet: ['spec', 'updateStrategy'],
  DaemonSet: ['spec', 'updateStrategy'],
};

function rollingOf(workload: Manifest, kind: WorkloadKind, rollout: RolloutPolicy, replicas: number, around: Surroundings): Settled {
  const strategy = STRATEGIES[kind];
  if (strategy === undefined) return NOTHING;
  const path = [...strategy, 'type'];
  // Another strategy stays: what it means is for the checks to say.
  if ((valueAt(workload, path) ?? 'RollingUpdate') !== 'RollingUpdate') return NOTHING;
  const type = { path, value: 'RollingUpdate' };
  const pace =
    kind === 'Deployment' || kind === 'DaemonSet'
      ? paceOf({ workload, kind, rollout, replicas, noSurge: noSurgeBecause(workload, around) })
      : orderedPaceOf({ workload, rollout, replicas });
  return { edits: [type, ...pace.edits], problems: pace.problems };
}

/**
 * The stage's number, for Deployments; not where an autoscaler sets it, which a number would undo at every apply, nor for one that
 * is switched off or gives its pods to a Rollout.
 */
function replicasOf(workload: Manifest, kind: WorkloadKind, stage: Stage, around: Surroundings): Settled {
  if (kind !== 'Deployment' || stage.replicas === undefined || isScaled(workload, around) || referringTo(workload, around) !== undefined)
    return NOTHING;
  const path = ['spec', 'replicas'];
  if (valueAt(workload, path) !== 0) return { edits: [{ path, value: stage.replicas }], problems: [] };
  const message = `It is scaled to 0 and stays so: the stage's ${stage.replicas} replicas are for workloads that run.`;
  return { edits: [], problems: [{ path: `${titleOf(workload)} spec.replicas`, message, severity: 'warning' }] };
}

function countOf(workload: Manifest, { edits }: Settled): number {
  const count = edits[0]?.value ?? dig(workload, 'spec', 'replicas');
  return typeof count === 'number' ? count : 1;
}
