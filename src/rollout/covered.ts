import type { ImageLock } from '../lock/lock.js';
import type { WorkloadManifest } from '../manifest/containers.js';
import { applyEdits, type Edit } from '../manifest/edit.js';
import type { Manifest } from '../manifest/manifest.js';
import type { WorkloadSummary } from '../manifest/stage-config.js';
import { lockedImages, summarise } from '../manifest/workload.js';
import type { PolicyDocument, Stage } from '../policy/policy.js';
import type { Problem } from '../problem.js';
import { referringTo } from './argo/referring.js';
import { budgetOf } from './budget.js';
import { changing } from './fields.js';
import { podEdits } from './pod.js';
import { strategyOf } from './strategy.js';
import { surroundingsOf } from './surroundings.js';

export interface CoveredInput {
  readonly policy: PolicyDocument;
  readonly stage: Stage;
  readonly lock: ImageLock;
  readonly workload: WorkloadManifest;
  readonly beside: readonly Manifest[];
}

export interface Covered {
  readonly edits: readonly Edit[];
  readonly workload: WorkloadSummary;
  /** Its disruption budget, where it has none. */
  readonly additions: readonly Manifest[];
  readonly problems: readonly Problem[];
}

/** What a policy sets on a workload, whoever wrote it: locked images, the rolling update, and what makes its pods lose no request. */
export function coveredBy({ policy, stage, lock, workload, beside }: CoveredInput): Covered {
  const { kind } = workload;
  const { rollout } = policy;
  const around = surroundingsOf(beside, stage.namespace);
  const { images, edits: locked, problems: unlocked } = lockedImages(workload, lock, stage.name);
  const { summary, problems: unread } = summarise(workload, images);
  const rolledBy = referringTo(workload, around)?.metadata.name;
  const strategy = strategyOf(workload, kind, rollout, stage, around);
  const edits = changing(workload, [...locked, ...markEdits(policy, stage), ...strategy.edits, ...podEdits(workload, kind, rollout)]);
  const edited = applyEdits(workload, edits);
  const budget = budgetOf(edited, kind, rollout, around);
  return {
    edits,
    workload: rolledBy === undefined ? summary : { ...summary, rolledBy },
    additions: budget === undefined ? [] : [budget],
    problems: [...unlocked, ...unread, ...strategy.problems],
  };
}

/** On the object alone: labels of its pods would roll it, and those of its selector must never change. */
export function markEdits(policy: PolicyDocument, stage: Stage): readonly Edit[] {
  return [
    { path: ['metadata', 'labels', 'patchway.dev/policy'], value: policy.name },
    { path: ['metadata', 'labels', 'patchway.dev/stage'], value: stage.name },
  ];
}
