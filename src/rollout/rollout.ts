import type { ImageLock } from '../lock/lock.js';
import type { WorkloadManifest } from '../manifest/containers.js';
import { applyEdits } from '../manifest/edit.js';
import type { Json, Manifest } from '../manifest/manifest.js';
import type { WorkloadSummary } from '../manifest/stage-config.js';
import type { PolicyDocument, Stage } from '../policy/policy.js';
import type { Problem } from '../problem.js';
import { accountEdits, accountOf } from './account.js';
import { argoRollout } from './argo/argo-rollout.js';
import { coveredBy } from './covered.js';
import { isObject } from './fields.js';
import { labelEdits, selectorEdits, selectorProblems } from './labels.js';
import { restrictionEdits, rootProblems } from './restrict.js';
import { isScaled, surroundingsOf } from './surroundings.js';

export interface RolloutInput {
  readonly policy: PolicyDocument;
  readonly stage: Stage;
  readonly lock: ImageLock;
  readonly workload: WorkloadManifest;
  /** Other objects of the stage: a Service, budget, autoscaler or service account among them that concerns the pods is respected. */
  readonly beside?: readonly Manifest[];
}

export interface Rollout {
  /** The workload under the policy, and what belongs to it: service account, disruption budget, and the Service of a version that is not live yet. */
  readonly manifests: readonly Manifest[];
  readonly workload: WorkloadSummary;
  /** Services, of those beside, whose selectors Argo Rollouts writes. */
  readonly switched: readonly Manifest[];
  readonly problems: readonly Problem[];
}

/**
 * Puts one workload under a policy: what adopting does, and what only an author's own manifests can take: labels on its pods,
 * the Pod Security Standard "restricted", a service account, and Argo Rollouts' kind in place of a Deployment.
 */
export function rolloutOf({ policy, stage, lock, workload: given, beside = [] }: RolloutInput): Rollout {
  const around = surroundingsOf(beside, stage.namespace);
  const selected = applyEdits(given, selectorEdits(given));
  const named = applyEdits(selected, labelEdits(selected, policy.name, stage));
  const open = isScaled(named, around) ? withoutReplicas(named) : named;
  const restricted = applyEdits(open, restrictionEdits(open));
  const { edits, workload, additions, problems } = coveredBy({ policy, stage, lock, workload: restricted, beside });
  const rolled = inUsualOrder(applyEdits(restricted, [...edits, ...accountEdits(restricted)]));
  const argo = argoRollout({ policy, stage, workload: rolled, around, byReference: false });
  return {
    manifests: [...accountOf(named, around), ...argo.services, argo.rollout ?? rolled, ...additions],
    workload: argo.rollout === undefined ? workload : { ...workload, kind: 'Rollout' },
    switched: argo.active === undefined ? [] : [argo.active],
    problems: [...problems, ...selectorProblems(named), ...rootProblems(named), ...argo.problems],
  };
}

/** A number would undo the autoscaler at every apply. */
function withoutReplicas(workload: WorkloadManifest): WorkloadManifest {
  if (!isObject(workload.spec)) return workload;
  const { replicas: _scaled, ...spec } = workload.spec;
  return { ...workload, spec };
}

/** Replicas first and the template last, as people write it. */
function inUsualOrder(workload: Manifest): Manifest {
  const { spec } = workload;
  if (!isObject(spec) || !isObject(spec.template)) return workload;
  const { replicas, template, ...rest } = spec;
  const { spec: pod, ...others } = spec.template;
  return {
    ...workload,
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      ...rest,
      template: { ...others, ...(pod === undefined ? {} : { spec: spreadLast(pod) }) },
    },
  };
}

function spreadLast(pod: Json): Json {
  if (!isObject(pod) || pod.topologySpreadConstraints === undefined) return pod;
  const { topologySpreadConstraints, ...rest } = pod;
  return { ...rest, topologySpreadConstraints };
}
