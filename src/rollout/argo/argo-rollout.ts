import { isDeployment } from '../../manifest/containers.js';
import { dig } from '../../manifest/dig.js';
import { type Container, type Deployment, type Manifest, titleOf } from '../../manifest/manifest.js';
import type { PolicyDocument, Stage } from '../../policy/policy.js';
import type { Problem } from '../../problem.js';
import { valueAt } from '../fields.js';
import { isScaled, type Surroundings, scalerOf } from '../surroundings.js';
import { referringTo } from './referring.js';
import { argoStrategy } from './strategy.js';

export interface ArgoInput {
  readonly policy: PolicyDocument;
  readonly stage: Stage;
  /** Under the policy already. */
  readonly workload: Manifest;
  readonly around: Surroundings;
  /** Whether a Deployment stays and the Rollout takes its pods from it; else the Rollout takes its place. */
  readonly byReference: boolean;
}

export interface ArgoObjects {
  /** The Rollout; absent where the workload is rolled as it is. */
  readonly rollout?: Manifest;
  /** The Service of the version that is not live yet. */
  readonly services: readonly Manifest[];
  /** The Service, one of those around, that is switched from one version to the next. */
  readonly active?: Manifest;
  readonly problems: readonly Problem[];
}

/**
 * A Deployment as Argo Rollouts rolls it, where the policy says so: the same pods, pace and deadlines. One whose versions must
 * not run side by side (`Recreate`), and one that a Rollout refers to already, stay as they are.
 * @see https://argo-rollouts.readthedocs.io/en/stable/features/specification/
 */
export function argoRollout(input: ArgoInput): ArgoObjects {
  const { policy, stage, workload, around, byReference } = input;
  const type = valueAt(workload, ['spec', 'strategy', 'type']) ?? 'RollingUpdate';
  const isAsked = policy.rollout.strategy !== 'rolling' && type === 'RollingUpdate';
  if (!isAsked || !isDeployment(workload) || referringTo(workload, around) !== undefined) return { services: [], problems: [] };
  const scaler = scalerOf(workload, around);
  if (scaler !== undefined) return { services: [], problems: [scalesDeployment(scaler, workload)] };
  const { strategy, ...beside } = argoStrategy(policy.rollout, stage, workload, around);
  if (strategy === undefined) return beside;
  const { metadata, spec } = workload;
  const rollout = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: byReference ? identityOf(workload) : metadata,
    spec: {
      ...replicasOf(input, workload),
      minReadySeconds: spec.minReadySeconds,
      progressDeadlineSeconds: spec.progressDeadlineSeconds,
      // A version that does not come up is taken back by the controller, and the old one keeps serving.
      progressDeadlineAbort: policy.rollout.autoRollback !== false,
      revisionHistoryLimit: spec.revisionHistoryLimit,
      strategy,
      ...(byReference
        ? { workloadRef: { apiVersion: workload.apiVersion, kind: workload.kind, name: metadata.name, scaleDown: 'onsuccess' } }
        : { selector: spec.selector, template: asArgoKeepsIt(spec.template) }),
    },
  };
  return { ...beside, rollout };
}

function identityOf({ metadata: { name, namespace, labels } }: Manifest): Manifest['metadata'] {
  return { name, ...(namespace === undefined ? {} : { namespace }), ...(labels === undefined ? {} : { labels }) };
}

/** A Deployment that was handed over is scaled to 0, or says no more how many there are. */
function replicasOf({ stage, around, byReference }: ArgoInput, deployment: Deployment): { readonly replicas?: number } {
  const { replicas } = deployment.spec;
  if (!byReference) return replicas === undefined ? {} : { replicas };
  return isScaled(deployment, around) ? {} : { replicas: stage.replicas ?? replicas ?? 1 };
}

/**
 * Argo Rollouts tells revisions apart by a label of its own. Where a container says nothing of resources its controller writes
 * `{}`, owns the list of containers from then on, and applying again meets a conflict.
 * @see https://github.com/argoproj/argo-rollouts/issues/3281
 */
function asArgoKeepsIt(template: Deployment['spec']['template']): Deployment['spec']['template'] {
  const { containers, initContainers, topologySpreadConstraints: constraints, ...pod } = template.spec;
  return {
    ...template,
    spec: {
      ...pod,
      ...(initContainers === undefined ? {} : { initContainers: initContainers.map(withResources) }),
      containers: containers.map(withResources),
      ...(constraints === undefined
        ? {}
        : { topologySpreadConstraints: Array.isArray(constraints) ? constraints.map(byOwnHash) : constraints }),
    },
  };
}

function withResources(container: Container): Container {
  return { ...container, resources: container.resources ?? {} };
}

function byOwnHash(constraint: unknown): unknown {
  const keys = dig(constraint, 'matchLabelKeys');
  if (!Array.isArray(keys) || typeof constraint !== 'object') return constraint;
  return { ...constraint, matchLabelKeys: keys.map((key) => (key === 'pod-template-hash' ? 'rollouts-pod-template-hash' : key)) };
}

function scalesDeployment(scaler: Manifest, { metadata: { name } }: Manifest): Problem {
  return {
    path: `${titleOf(scaler)} spec.scaleTargetRef`,
    message: `It scales Deployment ${name}, whose pods Argo Rollouts takes over: it would find none to scale.`,
    hint: `Point it at the Rollout: {apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: ${name}}.`,
    severity: 'error',
  };
}
