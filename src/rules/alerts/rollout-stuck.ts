import type { WorkloadKind } from '../../manifest/kinds.js';
import { aggregate, and, changes, compare, copyLabel, type Expression, number, or, promDuration, unless } from '../../promql.js';
import { type Alert, knownWorkloads, kubeState, type StageRules } from '../alert.js';
import { stuckRolloutTests } from '../stuck-rollouts.js';

/** Fires where a rollout made no progress for `rollout.progressDeadline`, or where nobody acts on a change of the workload. */
export function rolloutStuck(context: StageRules): Alert {
  const { workloads, policy } = context;
  const present = new Set(workloads.map(({ kind, rolledBy }) => (rolledBy === undefined ? kind : 'Rollout')));
  const stuck = KINDS.filter(([kind]) => present.has(kind)).map(([, rule]) => rule(context));
  const workload = ['namespace', 'workload'];
  const any = (stuck.length === 0 ? [deployments(context)] : stuck).reduce((all, each) => or(all, each));
  return {
    alert: 'PatchwayRolloutStuck',
    expr: and(aggregate('max', workload, any), workload, knownWorkloads(context)),
    for: 5 * 60_000,
    severity: 'warning',
    summary: 'The rollout of {{ $labels.namespace }}/{{ $labels.workload }} is stuck.',
    description:
      `${titles(present)} {{ $labels.namespace }}/{{ $labels.workload }} made no progress for ${promDuration(policy.rollout.progressDeadline)}, ` +
      'or its last change was not acted upon. Pods of the version before go on serving.',
    tests: (wait) => stuckRolloutTests(context, wait),
  };
}

/** Each is one series per workload, with the label `workload`. A CronJob has no rollout. */
const KINDS: readonly (readonly [WorkloadKind, (context: StageRules) => Expression])[] = [
  ['Deployment', deployments],
  ['StatefulSet', statefulSets],
  ['DaemonSet', daemonSets],
  ['Rollout', argoRollouts],
];

function titles(present: ReadonlySet<WorkloadKind>): string {
  const kinds = KINDS.flatMap(([kind]) => (present.has(kind) ? [kind] : []));
  return kinds.length < 2 ? (kinds[0] ?? 'Deployment') : 'Workload';
}

function deployments(context: StageRules): Expression {
  const condition = kubeState(context, 'kube_deployment_status_condition', { condition: 'Progressing', status: 'false' });
  const stopped = compare(aggregate('max', ['namespace', 'deployment'], condition), '==', number(1));
  return copyLabel(or(stopped, unseen(context, 'deployment')), 'deployment', 'workload');
}

/** Kubernetes has no deadline for these: pods are missing, and for the policy's deadline their counts have not moved. */
function statefulSets(context: StageRules): Expression {
  const by = ['namespace', 'statefulset'];
  const of = (name: string) => kubeState(context, `kube_statefulset_${name}`);
  const wanted = aggregate('max', by, of('replicas'));
  const old = compare(aggregate('max', by, of('status_replicas_updated')), '<', wanted);
  const missing = compare(aggregate('max', by, of('status_replicas_available')), '<', wanted);
  const rolling = unless(of('status_current_revision'), [...by, 'revision'], of('status_update_revision'));
  const behind = or(old, and(missing, by, rolling));
  const still = resting(context, by, of('status_replicas_updated'), of('status_replicas_available'));
  return copyLabel(or(and(behind, by, still), unseen(context, 'statefulset')), 'statefulset', 'workload');
}

function daemonSets(context: StageRules): Expression {
  const by = ['namespace', 'daemonset'];
  const of = (name: string) => kubeState(context, `kube_daemonset_status_${name}`);
  const wanted = aggregate('max', by, of('desired_number_scheduled'));
  const [updated, available] = [of('updated_number_scheduled'), of('number_available')];
  const behind = or(compare(aggregate('max', by, updated), '<', wanted), compare(aggregate('max', by, available), '<', wanted));
  return copyLabel(or(and(behind, by, resting(context, by, updated, available)), unseen(context, 'daemonset')), 'daemonset', 'workload');
}

/** By Argo Rollouts' own metrics: its controller gives up, or an analysis does. */
function argoRollouts(context: StageRules): Expression {
  const degraded = compare(kubeState(context, 'rollout_info', { phase: 'Degraded' }), '==', number(1));
  return copyLabel(aggregate('max', ['namespace', 'name'], degraded), 'name', 'workload');
}

function unseen(context: StageRules, kind: 'deployment' | 'statefulset' | 'daemonset'): Expression {
  const of = (name: string) => aggregate('max', ['namespace', kind], kubeState(context, `kube_${kind}_${name}`));
  return compare(of('metadata_generation'), '!=', of('status_observed_generation'));
}

function resting({ policy }: StageRules, by: readonly string[], one: Expression, other: Expression): Expression {
  const rests = (count: Expression) => compare(aggregate('max', by, changes(count, policy.rollout.progressDeadline)), '==', number(0));
  return and(rests(one), by, rests(other));
}
