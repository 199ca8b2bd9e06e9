import { type Alert, knownWorkloads, kubeState, type StageRules } from '../alert.js';
import { aggregate, and, compare, copyLabel, number, or, promDuration } from '../promql.js';

/** Fires where a rollout made no progress for `rollout.progressDeadline`, or where nobody acts on a change of the Deployment. */
export function rolloutStuck(context: StageRules): Alert {
  const condition = kubeState(context, 'kube_deployment_status_condition', { condition: 'Progressing', status: 'false' });
  const stopped = compare(aggregate('max', DEPLOYMENT, condition), '==', number(1));
  const wanted = aggregate('max', DEPLOYMENT, kubeState(context, 'kube_deployment_metadata_generation'));
  const observed = aggregate('max', DEPLOYMENT, kubeState(context, 'kube_deployment_status_observed_generation'));
  const stuck = copyLabel(or(stopped, compare(wanted, '!=', observed)), 'deployment', 'workload');
  const workload = ['namespace', 'workload'];
  return {
    alert: 'PatchwayRolloutStuck',
    expr: and(aggregate('max', workload, stuck), workload, knownWorkloads(context)),
    for: 5 * 60_000,
    severity: 'warning',
    summary: 'The rollout of {{ $labels.namespace }}/{{ $labels.workload }} is stuck.',
    description:
      `Deployment {{ $labels.namespace }}/{{ $labels.workload }} made no progress for ${promDuration(context.policy.rollout.progressDeadline)}, ` +
      'or its last change was not acted upon. Pods of the version before go on serving.',
  };
}

const DEPLOYMENT = ['namespace', 'deployment'] as const;
