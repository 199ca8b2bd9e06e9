import { checkStage } from '../checks/checks.js';
import { dig } from '../manifest/dig.js';
import { type Manifest, titleOf } from '../manifest/manifest.js';
import type { Policy, Stage } from '../policy/policy.js';
import type { Problem } from '../problem.js';

/** An object of a stream as it will be. */
export interface Judged<F> {
  readonly manifest: Manifest;
  /** Whether it is a workload under the policy. */
  readonly isCovered: boolean;
  /** A problem with the place where the object is written. */
  readonly tell: (problem: Problem) => F;
}

/** What the objects of a stream, taken together, would be hurt by. */
export function checkStream<F>(
  all: readonly Judged<F>[],
  { policy, stage }: { readonly policy: Policy; readonly stage: Stage },
): readonly F[] {
  const objects = all.filter(({ manifest }) => {
    const namespace = dig(manifest, 'metadata', 'namespace') ?? stage.namespace;
    return namespace === stage.namespace && typeof dig(manifest, 'metadata', 'name') === 'string';
  });
  const workloads = objects.filter(({ isCovered }) => isCovered).map(({ manifest }) => manifest);
  const beside = objects.filter(({ isCovered }) => !isCovered).map(({ manifest }) => manifest);
  const byTitle = new Map(objects.map((object) => [titleOf(object.manifest), object]));
  return checkStage({ policy, stage, workloads, beside, adopted: true }).flatMap((problem) => {
    const object = byTitle.get(problem.path.split(' ', 1)[0] ?? '');
    return object === undefined ? [] : [object.tell(problem)];
  });
}
