import { Construct } from 'constructs';
import { agentBundle } from '../agent-bundle.js';
import { CAPABILITIES, type Capability, type CapabilityInput, planCapabilities } from '../capabilities.js';
import { type Manifest, titleOf } from '../manifest/manifest.js';
import { inNamespace } from '../manifest/scope.js';
import type { WorkloadSummary } from '../manifest/stage-config.js';
import { scanTargets } from '../manifest/workload.js';
import type { Problem } from '../problem.js';
import { checkDownloads, checkScanners } from '../scan/check.js';
import type { Setting } from './adopt-parts.js';
import { emit } from './emit.js';

/** What is added beside workloads that a policy is applied to. */
export type Addition = 'budgets' | Capability;

export const ADDITIONS: readonly Addition[] = ['budgets', ...CAPABILITIES];

/** Adds disruption budgets, in place of those that were added before. */
export function addBudgets(home: Construct, { stage }: Setting, budgets: readonly Manifest[]): void {
  const distinct = new Map(budgets.map((budget) => [titleOf(budget), inNamespace(budget, stage.namespace)]));
  emit(anew(home, 'budgets'), [...distinct.values()], []);
}

/** Adds what runs beside a stage's workloads, in place of what was added before; returns what is worth a look. */
export function addCapabilities(
  home: Construct,
  setting: Setting,
  { workloads: given, uncovered }: Required<Pick<CapabilityInput, 'workloads' | 'uncovered'>>,
  additions: ReadonlySet<Addition>,
): readonly Problem[] {
  const scope = anew(home, 'stage');
  const workloads = byName(given);
  const wanted = CAPABILITIES.filter((capability) => additions.has(capability));
  const { policy } = setting;
  const planned = planCapabilities({ ...setting, workloads, uncovered, agentBundle: agentBundle() }, wanted);
  const none = workloads.length === 0 ? [empty(setting)] : [];
  const checks = wanted.includes('scan') ? [...checkScanners(policy), ...checkDownloads(policy, scanTargets(workloads).length)] : [];
  const problems = [...planned.problems, ...none, ...checks];
  emit(scope, planned.manifests, problems, scope);
  return problems.filter(({ severity }) => severity === 'warning');
}

function empty({ stage, policy }: Setting): Problem {
  const message = `Policy ${policy.name} is applied to no workload that rolls, so nothing is scanned, watched or promoted.`;
  return { path: `stage ${stage.name}`, message, severity: 'warning' };
}

function anew(home: Construct, id: string): Construct {
  home.node.tryRemoveChild(id);
  return new Construct(home, id);
}

/** Budgets, metrics and promotions know workloads by their names. */
export function sameNames(workloads: readonly WorkloadSummary[]): readonly Problem[] {
  const sorted = byName(workloads);
  return sorted.flatMap(({ kind, name }, index) => {
    const before = sorted[index - 1];
    if (before?.name !== name) return [];
    const message = `${before.kind}/${name} has the same name: metrics and promotions could not tell them apart. Rename one, or opt it out with the label patchway.dev/ignore.`;
    return [{ path: `${kind}/${name}`, message, severity: 'error' }];
  });
}

function byName(workloads: readonly WorkloadSummary[]): readonly WorkloadSummary[] {
  return [...workloads].sort((a, b) => (a.name < b.name ? -1 : 1));
}
