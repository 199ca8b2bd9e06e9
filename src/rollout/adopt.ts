import type { ImageLock } from '../lock/lock.js';
import { readWorkload } from '../manifest/containers.js';
import type { Edit } from '../manifest/edit.js';
import { templatePathOf } from '../manifest/kinds.js';
import type { Manifest } from '../manifest/manifest.js';
import type { WorkloadSummary } from '../manifest/stage-config.js';
import { lockedImages } from '../manifest/workload.js';
import type { PolicyDocument, Stage } from '../policy/policy.js';
import type { Problem } from '../problem.js';
import { handedOver } from './argo/hand-over.js';
import { type Coverage, coverageOf } from './coverage.js';
import { markEdits } from './covered.js';
import { changing } from './fields.js';

export type { Coverage } from './coverage.js';

export interface AdoptInput {
  readonly policy: PolicyDocument;
  readonly stage: Stage;
  readonly lock: ImageLock;
  readonly manifest: Manifest;
  /**
   * All other objects of the same tree, stream or stage: budgets, Services, autoscalers and claims among them are respected.
   * It does no harm if the object itself is among them. Quickest is one list for all calls, which must not change meanwhile.
   */
  readonly beside: readonly Manifest[];
}

export interface Adopted {
  /** Made twice is made once; empty where nothing is to change. */
  readonly edits: readonly Edit[];
  /** Absent for what is not rolled (Job, Pod, ReplicaSet: their images are locked, no more), and for what is left alone. */
  readonly workload?: WorkloadSummary;
  /** Its disruption budget, where it has none; the Rollout that takes its pods from it, where Argo Rollouts is to roll it. */
  readonly additions: readonly Manifest[];
  readonly coverage: Coverage;
  readonly problems: readonly Problem[];
}

/** Puts an object that already exists under a policy, by a documented list of fields; undefined where it bears no pods. */
export function adopt({ policy, stage, lock, manifest, beside }: AdoptInput): Adopted | undefined {
  if (templatePathOf(manifest) === undefined) return undefined;
  const coverage = coverageOf(manifest, stage);
  if (coverage.state !== 'covered') return { edits: [], additions: [], coverage, problems: [] };
  const { workload } = readWorkload(manifest);
  if (workload !== undefined) return { ...handedOver({ policy, stage, lock, workload, beside }), coverage };
  const { edits, problems } = lockedImages(manifest, lock, stage.name);
  return { edits: changing(manifest, [...edits, ...markEdits(policy, stage)]), additions: [], coverage, problems };
}
