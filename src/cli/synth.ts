import { join, resolve } from 'node:path';
import { agentBundle } from '../agent-bundle.js';
import type { ImageLock } from '../lock/lock.js';
import { loadLock } from '../lock/parse.js';
import { titleOf } from '../manifest/manifest.js';
import { isClusterScoped } from '../manifest/scope.js';
import { toYaml } from '../manifest/yaml.js';
import { planStage, type StagePlan } from '../plan.js';
import type { RulesFormat } from '../policy/alerts.js';
import { loadPolicy } from '../policy/load.js';
import type { Policy, Stage } from '../policy/policy.js';
import { badInput, formatProblem, PatchwayError, type Problem } from '../problem.js';
import { ruleTestFiles } from '../rules/rule-tests.js';
import { rulesFile } from '../rules/rules.js';
import { attempt } from './attempt.js';
import type { Io } from './io.js';
import { type ManifestFiles, readManifests, type WrittenManifest } from './manifest-files.js';
import { dashboardObjects, dashboardOutput } from './synth-dashboards.js';
import { type OutputFile, writeFiles } from './write-files.js';

export interface SynthOptions {
  /** The policy's file. */
  readonly policy: string;
  /** Files of Kubernetes manifests. */
  readonly workloads: readonly string[];
  /** @default images.lock.yaml */
  readonly lock?: string;
  /** The directory that is written to; `-` is the standard output. @default dist */
  readonly output?: string;
  /** Whether unit tests of the policy's rules are written as well, into `rule-tests` in the directory. @default false */
  readonly ruleTests?: boolean;
}

/**
 * `patchway synth`: writes a file of manifests for each stage. With any error nothing is written, and all of them are told.
 * @throws PatchwayError 65 for a policy, lock or workloads that are wrong
 */
export async function synth(options: SynthOptions, io: Io): Promise<0> {
  if (options.ruleTests === true && options.output === '-') throw new PatchwayError(TESTS_NEED_FILES, { exitCode: 64 });
  const { policy, lock, written } = readInputs(options, io);
  const plans = policy.stages.map((stage) => ({ stage, plan: planOf(policy, stage, lock, written) }));
  const problems = [...strays(policy, written), ...plans.flatMap(({ plan }) => located(plan.problems, written))];
  if (problems.length > 0) throw badInput('nothing was written', distinct(problems));
  const warnings = plans.flatMap(({ plan }) => located(plan.warnings, written));
  for (const warning of distinct([...policy.warnings, ...warnings])) io.err(`warning: ${formatProblem(warning)}\n`);
  const files = [...plans.map(({ stage, plan }) => stageFile(stage, plan)), ...rulesFiles(policy, plans), ...dashboardOutput(policy)];
  if (options.output === '-') io.out(toYaml([...plans.flatMap(({ plan }) => plan.manifests), ...dashboardObjects(policy)]));
  else writeFiles(resolve(io.cwd, options.output ?? 'dist'), options.output ?? 'dist', files, io);
  if (options.ruleTests === true) writeRuleTests(options.output ?? 'dist', policy, plans, io);
  return 0;
}

/** A directory of their own: `promtool test rules` is given all that is in it. */
function writeRuleTests(output: string, policy: Policy, plans: readonly PlannedStage[], io: Io): void {
  const files = plans.flatMap(({ stage, plan }) => ruleTestFiles({ policy, stage, workloads: plan.workloads }));
  const directory = join(output, 'rule-tests');
  writeFiles(
    resolve(io.cwd, directory),
    directory,
    files.map(({ name, about, content }) => ({ name, text: toYaml([content]), about })),
    io,
  );
}

interface PlannedStage {
  readonly stage: Stage;
  readonly plan: StagePlan;
}

const TESTS_NEED_FILES = '--rule-tests writes files: name a directory with --output.';

/** Reads everything before it complains, so that one run tells all that is wrong. */
function readInputs(
  options: SynthOptions,
  io: Io,
): { readonly policy: Policy; readonly lock: ImageLock; readonly written: ManifestFiles['manifests'] } {
  const policy = attempt(() => loadPolicy(resolve(io.cwd, options.policy)), options.policy);
  const lockFile = options.lock ?? 'images.lock.yaml';
  const lock = attempt(() => loadLock(resolve(io.cwd, lockFile)), lockFile);
  const { manifests, problems } = readManifests(options.workloads, io);
  if ('problems' in policy || 'problems' in lock || problems.length > 0) {
    const all = [...('problems' in policy ? policy.problems : []), ...('problems' in lock ? lock.problems : []), ...problems];
    throw badInput('nothing was written', all);
  }
  return { policy: policy.value, lock: lock.value, written: manifests };
}

/** A manifest with a namespace belongs to the stage of that namespace, one without to every stage. */
function planOf(policy: Policy, stage: Stage, lock: ImageLock, written: readonly WrittenManifest[]): StagePlan {
  const workloads = written
    .map(({ manifest }) => manifest)
    .filter((m) => isClusterScoped(m) || (m.metadata.namespace ?? stage.namespace) === stage.namespace);
  return planStage({ policy, stage: stage.name, workloads, lock, agentBundle: agentBundle() });
}

function strays(policy: Policy, written: readonly WrittenManifest[]): readonly Problem[] {
  const namespaces = policy.stages.map(({ namespace }) => namespace);
  return written
    .filter(({ manifest: m }) => !isClusterScoped(m) && m.metadata.namespace !== undefined && !namespaces.includes(m.metadata.namespace))
    .map(({ manifest, file, line }) => ({
      path: `${titleOf(manifest)} metadata.namespace`,
      message: `No stage has the namespace ${manifest.metadata.namespace}; there are ${namespaces.join(', ')}. Remove it to have the object in every stage.`,
      severity: 'error',
      file,
      line,
      column: 1,
    }));
}

/** Problems of a manifest, with the place where it was written. */
function located(problems: readonly Problem[], written: readonly WrittenManifest[]): readonly Problem[] {
  const places = new Map(written.map(({ manifest, file, line }) => [titleOf(manifest), { file, line, column: 1 }]));
  return problems.map((problem) => ({ ...problem, ...places.get(problem.path.split(' ', 1)[0] ?? '') }));
}

/** Most problems are the same in every stage. */
function distinct(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [formatProblem(problem), problem])).values()];
}

function stageFile({ name, namespace }: Stage, { manifests, workloads }: StagePlan): OutputFile {
  return {
    name: `${name}.k8s.yaml`,
    text: toYaml(manifests),
    about: `${manifests.length} objects for namespace ${namespace}, ${workloads.length} of them workloads under the policy`,
  };
}

function rulesFiles(policy: Policy, plans: readonly PlannedStage[]): readonly OutputFile[] {
  const about = RULES_FILES[policy.monitoring.prometheus];
  if (about === undefined) return [];
  const rules = rulesFile(
    policy,
    plans.map(({ stage, plan }) => ({ stage, workloads: plan.workloads })),
  );
  return [{ name: `${policy.name}.rules.yaml`, text: toYaml([rules]), about }];
}

/** What a file of rules is for; none for Prometheus' operator. */
const RULES_FILES: { readonly [F in RulesFormat]?: string } = {
  'rules-file': 'alerts for Prometheus, to be listed under rule_files',
  mimir: "alerts for Mimir's ruler, to be loaded with mimirtool rules load",
  thanos: "alerts for Thanos' ruler, to be named by --rule-file",
};
