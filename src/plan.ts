import { type CapabilityInput, planCapabilities } from './capabilities.js';
import { containersOf, isDeployment, readWorkload } from './manifest/containers.js';
import type { Deployment, Manifest } from './manifest/manifest.js';
import { titleOf } from './manifest/manifest.js';
import { inNamespace, inOrder } from './manifest/scope.js';
import type { WorkloadSummary } from './manifest/stage-config.js';
import { scanTargets } from './manifest/workload.js';
import type { PolicyDocument, Stage } from './policy/policy.js';
import type { Problem } from './problem.js';
import { rolloutOf } from './rollout/rollout.js';
import { checkDownloads, checkScanners } from './scan/check.js';

export interface StageInput extends Pick<CapabilityInput, 'policy' | 'lock' | 'agentBundle'> {
  /** The stage's name. */
  readonly stage: string;
  /** Deployments, and whatever else belongs to them: Services, ConfigMaps, budgets. */
  readonly workloads: readonly Manifest[];
}

export interface StagePlan {
  /** Everything of the stage but its namespace, in the order in which it can be applied. */
  readonly manifests: readonly Manifest[];
  readonly workloads: readonly WorkloadSummary[];
  readonly warnings: readonly Problem[];
  /** With one of these, nothing of the plan is to be written. */
  readonly problems: readonly Problem[];
}

/** Everything that one stage of a policy consists of. Pure: the same input gives the same manifests. */
export function planStage({ policy, stage: name, workloads: given, lock, agentBundle }: StageInput): StagePlan {
  const stage = policy.stages.find((s) => s.name === name);
  if (stage === undefined) return { manifests: [], workloads: [], warnings: [], problems: [noSuchStage(policy, name)] };
  const { deployments, others, problems } = sortOut(given);
  const rollouts = deployments.map((deployment) => rolloutOf({ policy, stage, lock, workload: deployment, beside: others }));
  const workloads = rollouts.map((rollout) => rollout.workload).sort((a, b) => (a.name < b.name ? -1 : 1));
  const input = { policy, stage, workloads, lock, agentBundle, uncovered: others.flatMap(imagesOf) };
  const beside = planCapabilities(input, ['scan', 'promotion', 'exporter', 'rules', 'guard']);
  const manifests = inOrder([
    ...others.map((manifest) => inNamespace(manifest, stage.namespace)),
    ...rollouts.flatMap((rollout) => rollout.manifests),
    ...beside.manifests,
  ]);
  const found = distinct([
    ...problems,
    ...rollouts.flatMap((rollout) => rollout.problems),
    ...beside.problems,
    ...repeated(manifests),
    ...(workloads.length === 0 ? [empty(stage)] : [...checkScanners(policy), ...checkDownloads(policy, scanTargets(workloads).length)]),
  ]);
  const isError = (problem: Problem) => problem.severity === 'error';
  return { manifests, workloads, warnings: found.filter((p) => !isError(p)), problems: found.filter(isError) };
}

/** The images of an object, as they are written. */
function imagesOf(manifest: Manifest): readonly string[] {
  return containersOf(manifest).flatMap(({ container }) => (typeof container.image === 'string' ? [container.image] : []));
}

/** Kinds that run containers, but for Deployments. */
const NOT_ROLLED: ReadonlySet<string> = new Set([
  'CronJob',
  'DaemonSet',
  'Job',
  'Pod',
  'ReplicaSet',
  'ReplicationController',
  'Rollout',
  'StatefulSet',
]);

interface Sorted {
  readonly deployments: readonly Deployment[];
  readonly others: readonly Manifest[];
  readonly problems: readonly Problem[];
}

function sortOut(manifests: readonly Manifest[]): Sorted {
  const read = manifests.filter(isDeployment).map(readWorkload);
  return {
    deployments: read.flatMap((r) => (r.workload !== undefined && isDeployment(r.workload) ? [r.workload] : [])),
    others: manifests.filter((manifest) => !isDeployment(manifest) && !NOT_ROLLED.has(manifest.kind)),
    problems: [
      ...read.flatMap((r) => (r.workload === undefined ? r.problems : [])),
      ...manifests.filter(({ kind }) => NOT_ROLLED.has(kind)).map(notRolled),
    ],
  };
}

function notRolled(manifest: Manifest): Problem {
  return {
    path: titleOf(manifest),
    message: `A ${manifest.kind} runs containers that would be neither rolled nor scanned: only Deployments are today. Make it a Deployment, or apply it without Patchway.`,
    severity: 'error',
  };
}

function noSuchStage(policy: PolicyDocument, name: string): Problem {
  const stages = policy.stages.map((s) => s.name).join(', ');
  return { path: 'stage', message: `Policy ${policy.name} has no stage ${name}; its stages are ${stages}.`, severity: 'error' };
}

function empty(stage: Stage): Problem {
  const message = `Stage ${stage.name} has no Deployment, so nothing is rolled, scanned or promoted in it.`;
  return { path: `stage ${stage.name}`, message, severity: 'warning' };
}

/** Of two objects with one name, applying keeps the last. */
function repeated(manifests: readonly Manifest[]): readonly Problem[] {
  const seen = new Set<string>();
  const key = ({ apiVersion, kind, metadata }: Manifest) => `${apiVersion.split('/')[0]} ${kind} ${metadata.namespace} ${metadata.name}`;
  return manifests.flatMap((manifest) => {
    const known = seen.has(key(manifest));
    seen.add(key(manifest));
    const message = 'There are two of this kind and name in the stage: the later one would replace the first. Rename or remove one.';
    return known ? [{ path: titleOf(manifest), message, severity: 'error' }] : [];
  });
}

/** Several workloads or capabilities may meet the same problem. */
function distinct(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [`${problem.path} ${problem.message}`, problem])).values()];
}
