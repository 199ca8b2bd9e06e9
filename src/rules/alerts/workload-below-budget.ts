import { aggregate, and, compare, copyLabel, number, promDuration, subtract } from '../../promql.js';
import { type Alert, knownWorkloads, kubeState, type StageRules } from '../alert.js';

/**
 * Fires where a workload has had fewer healthy pods than its disruption budget asks for, for longer than a rollout may
 * stand still. Its value is how many are missing.
 */
export function workloadBelowBudget(context: StageRules): Alert {
  const wait = context.policy.rollout.progressDeadline;
  const desired = aggregate('max', BUDGET, kubeState(context, 'kube_poddisruptionbudget_status_desired_healthy'));
  const healthy = aggregate('max', BUDGET, kubeState(context, 'kube_poddisruptionbudget_status_current_healthy'));
  const missing = copyLabel(subtract(desired, healthy), 'poddisruptionbudget', 'workload');
  const workload = ['namespace', 'workload'];
  return {
    alert: 'PatchwayWorkloadBelowBudget',
    expr: and(compare(aggregate('max', workload, missing), '>', number(0)), workload, knownWorkloads(context)),
    for: wait,
    severity: 'critical',
    summary: '{{ $labels.namespace }}/{{ $labels.workload }} has fewer healthy pods than its disruption budget asks for.',
    description:
      `{{ $labels.namespace }}/{{ $labels.workload }} has lacked {{ $value }} healthy pods for ${promDuration(wait)}. ` +
      'None of those it still has can be evicted, so nodes cannot be drained.',
  };
}

const BUDGET = ['namespace', 'poddisruptionbudget'] as const;
