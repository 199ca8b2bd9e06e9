import { containersOf, readWorkload } from '../manifest/containers.js';
import { dig } from '../manifest/dig.js';
import { workloadKindOf } from '../manifest/kinds.js';
import type { Manifest } from '../manifest/manifest.js';
import { ignoredBecause } from '../manifest/workload-options.js';
import type { Stage } from '../policy/policy.js';
import { isObject } from './fields.js';

/** Whether an object that bears pods is under the policy, and why not. */
export type Coverage =
  | { readonly state: 'covered' }
  /** By `patchway.dev/ignore`. */
  | { readonly state: 'ignored'; readonly reason: string }
  | { readonly state: 'notCoverable'; readonly reason: string };

export function coverageOf(manifest: Manifest, stage: Stage): Coverage {
  const name = dig(manifest, 'metadata', 'name');
  if (typeof name !== 'string') return notCoverable('It has no name.');
  const ignored = ignoredBecause(manifest);
  if (ignored !== undefined) return { state: 'ignored', reason: String(ignored) };
  const { annotations, ownerReferences, namespace } = manifest.metadata;
  const hook = dig(annotations, 'helm.sh/hook');
  if (hook !== undefined) return notCoverable(`Helm runs it as a hook (${String(hook)}).`);
  if (Array.isArray(ownerReferences) && ownerReferences.length > 0) return notCoverable(`${ownerOf(ownerReferences)} makes it.`);
  if (typeof namespace === 'string' && namespace !== stage.namespace)
    return notCoverable(`It is in namespace ${namespace}, and stage ${stage.name} in ${stage.namespace}.`);
  return lacking(manifest);
}

/** An Argo Rollout may take its pods from a Deployment, which is covered itself. */
export function refersToWorkload(manifest: Manifest): boolean {
  return manifest.kind === 'Rollout' && isObject(dig(manifest, 'spec', 'workloadRef'));
}

function lacking(manifest: Manifest): Coverage {
  if (workloadKindOf(manifest) === undefined) {
    return containersOf(manifest).length === 0 ? notCoverable('It has no containers.') : { state: 'covered' };
  }
  if (refersToWorkload(manifest)) return notCoverable('Its pods are those of the workload that it refers to.');
  const read = readWorkload(manifest);
  const problem = read.workload === undefined ? read.problems[0] : undefined;
  return problem === undefined ? { state: 'covered' } : notCoverable(problem.message);
}

function ownerOf(owners: readonly unknown[]): string {
  return `${String(dig(owners[0], 'kind'))}/${String(dig(owners[0], 'name'))}`;
}

function notCoverable(reason: string): Coverage {
  return { state: 'notCoverable', reason };
}
