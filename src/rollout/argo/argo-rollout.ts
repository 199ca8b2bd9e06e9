import { dig } from '../../manifest/dig.js';
import { type Deployment, type Manifest, titleOf } from '../../manifest/manifest.js';
import { names } from '../../manifest/names.js';
import { selectsPods } from '../../manifest/selector.js';
import type { PolicyDocument, Stage } from '../../policy/policy.js';
import type { Problem } from '../../problem.js';
import { seconds } from '../container.js';

export interface ArgoInput {
  readonly policy: PolicyDocument;
  readonly stage: Stage;
  /** Under the policy already. */
  readonly deployment: Deployment;
  /** Services among them: one that selects the pods is what blue-green switches. */
  readonly services: readonly Manifest[];
  /** Whether the Deployment stays and the Rollout refers to it; else the Rollout takes its place. */
  readonly byReference: boolean;
}

export interface ArgoObjects {
  /** The Rollout, and for blue-green the Service of the version that is not live yet. */
  readonly manifests: readonly Manifest[];
  readonly problems: readonly Problem[];
}

/**
 * A Deployment as Argo Rollouts rolls it: the same pods, pace and deadlines.
 * @see https://argo-rollouts.readthedocs.io/en/stable/features/specification/
 */
export function argoRollout(input: ArgoInput): ArgoObjects {
  const { policy, stage, deployment, services } = input;
  const live = services.filter((service) => selectsPods(service, deployment));
  const [active] = live;
  if (policy.rollout.strategy !== 'blueGreen') return { manifests: [rolloutOf(input, canary(input))], problems: [] };
  if (active === undefined || live.length > 1) return { manifests: [], problems: [switchedServices(deployment, live)] };
  const preview = previewOf(active);
  const strategy = {
    blueGreen: {
      activeService: active.metadata.name,
      previewService: preview.metadata.name,
      autoPromotionEnabled: true,
      ...(isVerified(stage) ? { prePromotionAnalysis: analysis(stage) } : {}),
      // Whoever still has the old pods' addresses gets answers from them.
      scaleDownDelaySeconds: Math.max(30, seconds(policy.rollout.drain)),
    },
  };
  return { manifests: [rolloutOf(input, strategy), preview], problems: [] };
}

/** Shares of the replicas that run a new version first; each is verified before the next, and all of them come last. */
const WEIGHTS = [20, 50] as const;

function canary({ policy: { rollout }, stage }: ArgoInput): Readonly<Record<string, unknown>> {
  const proof = isVerified(stage) ? { analysis: analysis(stage) } : { pause: { duration: `${seconds(rollout.minReady)}s` } };
  return {
    canary: {
      maxUnavailable: rollout.maxUnavailable,
      maxSurge: rollout.maxSurge,
      steps: WEIGHTS.flatMap((setWeight) => [{ setWeight }, proof]),
    },
  };
}

function rolloutOf({ policy, deployment, byReference }: ArgoInput, strategy: Readonly<Record<string, unknown>>): Manifest {
  const { name } = deployment.metadata;
  const { template, selector, replicas, minReadySeconds, progressDeadlineSeconds, revisionHistoryLimit } = deployment.spec;
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: deployment.metadata,
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      minReadySeconds,
      progressDeadlineSeconds,
      // A version that does not come up is taken back by the controller, and the old one keeps serving.
      progressDeadlineAbort: policy.rollout.autoRollback !== false,
      revisionHistoryLimit,
      strategy,
      ...(byReference
        ? { workloadRef: { apiVersion: deployment.apiVersion, kind: deployment.kind, name, scaleDown: 'onsuccess' } }
        : { selector, template: withOwnHash(template) }),
    },
  };
}

/** Argo Rollouts tells revisions apart by a label of its own. */
function withOwnHash(template: Deployment['spec']['template']): Deployment['spec']['template'] {
  const constraints = template.spec.topologySpreadConstraints;
  if (!Array.isArray(constraints)) return template;
  const renamed = constraints.map((constraint: unknown) => {
    const keys = dig(constraint, 'matchLabelKeys');
    if (!Array.isArray(keys) || typeof constraint !== 'object') return constraint;
    return { ...constraint, matchLabelKeys: keys.map((key) => (key === 'pod-template-hash' ? 'rollouts-pod-template-hash' : key)) };
  });
  return { ...template, spec: { ...template.spec, topologySpreadConstraints: renamed } };
}

function isVerified({ verify = [] }: Stage): boolean {
  return verify.length > 0;
}

function analysis(stage: Stage): Readonly<Record<string, unknown>> {
  return { templates: [{ templateName: names.verification(stage.name) }] };
}

/** Reaches the new version alone, until it is live. */
function previewOf(active: Manifest): Manifest {
  const { name, labels, namespace } = active.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `${name}-preview`, ...(namespace === undefined ? {} : { namespace }), ...(labels === undefined ? {} : { labels }) },
    spec: { selector: dig(active, 'spec', 'selector'), ports: dig(active, 'spec', 'ports') },
  };
}

function switchedServices(deployment: Deployment, live: readonly Manifest[]): Problem {
  const found =
    live.length === 0 ? 'no Service selects its pods' : `${live.map(({ metadata }) => metadata.name).join(' and ')} select its pods`;
  return {
    path: titleOf(deployment),
    message: `Blue-green switches one Service from the old version to the new one, and ${found}.`,
    hint: live.length === 0 ? 'Give the workload ports, or roll it by canary.' : 'Leave one of them, or roll it by canary.',
    severity: 'error',
  };
}
