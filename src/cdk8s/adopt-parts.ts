import type { ImageLock } from '../lock/lock.js';
import { containersOf } from '../manifest/containers.js';
import { applyEdits, type Edit } from '../manifest/edit.js';
import { type Manifest, titleOf } from '../manifest/manifest.js';
import type { WorkloadSummary } from '../manifest/stage-config.js';
import type { PolicyDocument, Stage } from '../policy/policy.js';
import type { Problem } from '../problem.js';
import { adopt, type Coverage } from '../rollout/adopt.js';
import { editsOfPart, type Part } from './parts.js';

/** One stage of a policy with its images. */
export interface Setting {
  readonly policy: PolicyDocument;
  readonly stage: Stage;
  readonly lock: ImageLock;
}

/** What a policy makes of one API object of a tree. */
export interface AdoptedParts {
  readonly edits: readonly Edit[];
  readonly workloads: readonly WorkloadSummary[];
  /** The objects that those are, before and after. */
  readonly rolled: ReadonlyMap<Manifest, Manifest>;
  /** What is added beside it. */
  readonly additions: readonly Manifest[];
  /** The images that it runs in the stage's namespace without being a workload of the stage. */
  readonly uncovered: readonly string[];
  /** For each that bears pods. */
  readonly coverage: readonly { readonly object: string; readonly coverage: Coverage }[];
  readonly problems: readonly Problem[];
}

/** @param beside all objects of the tree, these among them */
export function adoptParts(setting: Setting, parts: readonly Part[], beside: readonly Manifest[]): AdoptedParts {
  const adopted = parts.flatMap((part) => {
    const result = adopt({ ...setting, manifest: part.manifest, beside });
    return result === undefined ? [] : [{ part, ...result }];
  });
  return {
    edits: adopted.flatMap(({ part, edits }) => editsOfPart(part, edits)),
    workloads: adopted.flatMap(({ workload }) => workload ?? []),
    rolled: new Map(
      adopted.flatMap(({ part: { manifest }, edits, workload }) =>
        workload === undefined ? [] : [[manifest, applyEdits(manifest, edits)] as const],
      ),
    ),
    additions: adopted.flatMap(({ additions }) => additions),
    uncovered: adopted.flatMap(({ part: { manifest }, edits, workload }) =>
      workload === undefined ? imagesIn(applyEdits(manifest, edits), setting.stage) : [],
    ),
    coverage: adopted.map(({ part, coverage }) => ({ object: titleOf(part.manifest), coverage })),
    problems: adopted.flatMap(({ problems }) => problems),
  };
}

/** The images, as written, that an object runs in a stage's namespace. */
export function imagesIn(manifest: Manifest, stage: Stage): readonly string[] {
  if ((manifest.metadata.namespace ?? stage.namespace) !== stage.namespace) return [];
  return containersOf(manifest).flatMap(({ container }) => (typeof container.image === 'string' ? [container.image] : []));
}
