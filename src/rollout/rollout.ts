import type { ImageLock } from '../lock/lock.js';
import type { Deployment, Manifest, PodSpec } from '../manifest/manifest.js';
import { titleOf } from '../manifest/manifest.js';
import type { WorkloadSummary } from '../manifest/stage-config.js';
import { summarise, withLockedImage } from '../manifest/workload.js';
import type { PolicyDocument, RolloutPolicy, Stage } from '../policy/policy.js';
import type { Problem } from '../problem.js';
import { budgetProblems, disruptionBudget } from './budget.js';
import { withDrain, withPullPolicy, withRestrictions } from './container.js';
import { selectorProblems, withLabels, withSelector } from './labels.js';
import { mapContainers, namesAccount, runsAsRoot, withGracePeriod, withPodRestrictions, withServiceAccount, withSpread } from './pod.js';
import { selectsPods } from './selector.js';
import { readinessProblems } from './serving.js';
import { isRecreated, withReplicas, withStrategy } from './strategy.js';

export interface RolloutInput {
  readonly policy: PolicyDocument;
  readonly stage: Stage;
  readonly lock: ImageLock;
  readonly deployment: Deployment;
  /** Other objects of the stage: a Service, budget, autoscaler or service account among them that concerns the pods is respected. */
  readonly beside?: readonly Manifest[];
}

export interface Rollout {
  /** The Deployment under the policy, and what belongs to it: service account and disruption budget. */
  readonly manifests: readonly Manifest[];
  readonly workload: WorkloadSummary;
  readonly problems: readonly Problem[];
}

/** Puts one Deployment under a policy: locked images, the policy's rolling update, and what makes it lose no request. */
export function rolloutOf({ policy, stage, lock, deployment: given, beside = [] }: RolloutInput): Rollout {
  const named = withLabels(withSelector(given), policy.name, stage);
  const { summary, problems } = summarise(named, lock, stage.name);
  const rolled = withReplicas(withStrategy(named, policy.rollout), stage, beside);
  const deployment = withPodSpec(rolled, lockedPod(podOf(rolled, policy.rollout), lock, stage.name));
  const budget = isBudgeted(named, beside) ? undefined : disruptionBudget(deployment, policy.rollout);
  return {
    manifests: [...account(named, beside), deployment, ...(budget === undefined ? [] : [budget])],
    workload: summary,
    problems: [
      ...problems,
      ...selectorProblems(named),
      ...readinessProblems(named, beside),
      ...(budget === undefined ? [] : budgetProblems(deployment, policy.rollout)),
      ...ownChoices(named),
    ],
  };
}

function podOf({ metadata, spec }: Deployment, rollout: RolloutPolicy): PodSpec {
  const graced = withGracePeriod(withPodRestrictions(spec.template.spec), rollout.drain);
  const placed = withSpread(withServiceAccount(graced, metadata.name), rollout.spread, spec.selector);
  return mapContainers(placed, (container, init) => {
    const restricted = withRestrictions(withPullPolicy(container));
    return init ? restricted : withDrain(restricted, rollout.drain);
  });
}

function lockedPod(spec: PodSpec, lock: ImageLock, stage: string): PodSpec {
  return mapContainers(spec, (container) => withLockedImage(container, lock, stage));
}

/** The template comes last, as people write it. */
function withPodSpec(deployment: Deployment, pod: PodSpec): Deployment {
  const { template, ...spec } = deployment.spec;
  const { spec: _given, ...rest } = template;
  return { ...deployment, spec: { ...spec, template: { ...rest, spec: pod } } };
}

/** Two budgets that select the same pods make every eviction fail. */
function isBudgeted(deployment: Deployment, beside: readonly Manifest[]): boolean {
  return beside.some((m) => m.kind === 'PodDisruptionBudget' && selectsPods(m, deployment));
}

function account(deployment: Deployment, beside: readonly Manifest[]): readonly Manifest[] {
  const { name, namespace, labels } = deployment.metadata;
  const given = beside.some((m) => m.kind === 'ServiceAccount' && m.metadata.name === name);
  if (given || namesAccount(deployment.spec.template.spec)) return [];
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }), ...(labels === undefined ? {} : { labels }) };
  return [{ apiVersion: 'v1', kind: 'ServiceAccount', metadata, automountServiceAccountToken: false }];
}

/** What the workload decided for itself, and what follows from it. */
function ownChoices(deployment: Deployment): readonly Problem[] {
  const warning = (field: string, message: string): Problem => ({ path: `${titleOf(deployment)} ${field}`, message, severity: 'warning' });
  return [
    ...(isRecreated(deployment)
      ? [warning('spec.strategy', 'Its strategy Recreate stays: every rollout stops all its pods before it starts new ones.')]
      : []),
    ...(runsAsRoot(deployment.spec.template.spec)
      ? [warning('spec.template.spec', 'It asks to run as root (runAsUser 0): a namespace under Pod Security "restricted" refuses it.')]
      : []),
  ];
}
