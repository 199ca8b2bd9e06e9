import { CAPABILITIES, type CapabilityInput, planCapabilities } from './capabilities.js';
import { checkStage } from './checks/checks.js';
import { containersOf, readWorkload, type WorkloadManifest } from './manifest/containers.js';
import { applyEdits } from './manifest/edit.js';
import { workloadKindOf } from './manifest/kinds.js';
import { type Manifest, titleOf } from './manifest/manifest.js';
import { inNamespace, inOrder } from './manifest/scope.js';
import type { WorkloadSummary } from './manifest/stage-config.js';
import { scanTargets } from './manifest/workload.js';
import type { PolicyDocument, Stage } from './policy/policy.js';
import type { Problem } from './problem.js';
import { gitOpsProblems } from './promotion/engines/gitops.js';
import { type AdoptInput, adopt } from './rollout/adopt.js';
import { withoutSelector } from './rollout/argo/switched.js';
import { type Coverage, coverageOf, refersToWorkload } from './rollout/coverage.js';
import { type Rollout, rolloutOf } from './rollout/rollout.js';
import { checkDownloads, checkScanners } from './scan/check.js';

export interface StageInput extends Pick<CapabilityInput, 'policy' | 'lock' | 'agentBundle'> {
  /** The stage's name. */
  readonly stage: string;
  /** Deployments, StatefulSets, DaemonSets, CronJobs, Rollouts, and whatever else belongs to them: Services, ConfigMaps, budgets, Jobs. */
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
  const { rolled, others: beside, problems } = sortOut(given, stage);
  const rollouts = rolled.map((workload) => rolloutOf({ policy, stage, lock, workload, beside }));
  const others = beside.map((manifest) => lockedOnly({ policy, stage, lock, manifest, beside }));
  const workloads = rollouts.map((rollout) => rollout.workload).sort((a, b) => (a.name < b.name ? -1 : 1));
  const input = { policy, stage, workloads, lock, agentBundle, uncovered: others.flatMap(({ manifest }) => imagesOf(manifest)) };
  const capabilities = planCapabilities(input, CAPABILITIES);
  const planned = [...others.map(({ manifest }) => manifest), ...rollouts.flatMap((rollout) => rollout.manifests)];
  const switched = new Set(rollouts.flatMap((rollout) => rollout.switched));
  const written = planned.map((manifest) => (switched.has(manifest) ? withoutSelector(manifest) : manifest));
  const manifests = inOrder([...written, ...capabilities.manifests]);
  const found = distinct([
    ...problems,
    ...[...rollouts, ...others].flatMap((part) => part.problems),
    ...checkStage({ policy, stage, ...underPolicy(planned, rollouts) }),
    ...gitOpsProblems(policy, stage, given),
    ...capabilities.problems,
    ...repeated(manifests),
    ...namesakes(rolled),
    ...(workloads.length === 0 ? [empty(stage)] : [...checkScanners(policy), ...checkDownloads(policy, scanTargets(workloads).length)]),
  ]);
  const isError = (problem: Problem) => problem.severity === 'error';
  return { manifests, workloads, warnings: found.filter((p) => !isError(p)), problems: found.filter(isError) };
}

/** The workloads as they are rolled, and what is beside them. */
function underPolicy(planned: readonly Manifest[], rollouts: readonly Rollout[]) {
  const workloads = rollouts.flatMap(({ manifests }) => manifests.filter((each) => workloadKindOf(each) !== undefined));
  const rolled = new Set(workloads);
  return { workloads, beside: planned.filter((each) => !rolled.has(each)) };
}

interface Sorted {
  readonly rolled: readonly WorkloadManifest[];
  /** What is not rolled, or opts out of it. */
  readonly others: readonly Manifest[];
  readonly problems: readonly Problem[];
}

function sortOut(given: readonly Manifest[], stage: Stage): Sorted {
  const rolled: WorkloadManifest[] = [];
  const others: Manifest[] = [];
  const problems: Problem[] = [];
  for (const manifest of given.map((each) => inNamespace(each, stage.namespace))) {
    const coverage = workloadKindOf(manifest) === undefined ? undefined : coverageOf(manifest, stage);
    const read = readWorkload(manifest);
    if (coverage?.state === 'covered' && read.workload !== undefined) rolled.push(read.workload);
    else if (coverage === undefined || coverage.state === 'ignored' || refersToWorkload(manifest)) others.push(manifest);
    else if (read.workload === undefined) problems.push(...read.problems);
    else {
      others.push(manifest);
      problems.push(...leftAlone(manifest, coverage));
    }
  }
  return { rolled, others, problems };
}

function leftAlone(manifest: Manifest, coverage: Coverage): readonly Problem[] {
  if (coverage.state !== 'notCoverable') return [];
  const message = `${coverage.reason} So it is left as it is: neither rolled nor scanned.`;
  return [{ path: titleOf(manifest), message, severity: 'warning' }];
}

/** What bears pods that are not rolled, Jobs for instance, has its images locked; anything else stays as it is. */
function lockedOnly(input: AdoptInput): { readonly manifest: Manifest; readonly problems: readonly Problem[] } {
  const { edits = [], problems = [] } = adopt(input) ?? {};
  return { manifest: applyEdits(input.manifest, edits), problems };
}

/** The images of an object, as they are written. */
function imagesOf(manifest: Manifest): readonly string[] {
  return containersOf(manifest).flatMap(({ container }) => (typeof container.image === 'string' ? [container.image] : []));
}

/** Evidence, state and metrics know workloads by their names. */
function namesakes(workloads: readonly Manifest[]): readonly Problem[] {
  const first = new Map<string, Manifest>();
  return workloads.flatMap((workload) => {
    const other = first.get(workload.metadata.name) ?? workload;
    first.set(workload.metadata.name, other);
    if (other.kind === workload.kind) return [];
    const message = `${titleOf(other)} has the same name, and the workloads of a stage are told apart by their names. Rename one of them.`;
    return [{ path: titleOf(workload), message, severity: 'error' }];
  });
}

function noSuchStage(policy: PolicyDocument, name: string): Problem {
  const stages = policy.stages.map((s) => s.name).join(', ');
  return { path: 'stage', message: `Policy ${policy.name} has no stage ${name}; its stages are ${stages}.`, severity: 'error' };
}

function empty(stage: Stage): Problem {
  const message = `Stage ${stage.name} has no workload, so nothing is rolled, scanned or promoted in it.`;
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
