import { aggregate, and, compare, copyLabel, number, promDuration, subtract } from '../../promql.js';
import { type Alert, knownWorkloads, kubeState, type StageRules } from '../alert.js';
import { elsewhere, STRANGER, sceneOf, timeline } from '../rule-test.js';

/**
 * Fires where a workload has had fewer healthy pods than its disruption budget asks for, for longer than a rollout may
 * stand still. Its value is how many are missing.
 */
export function workloadBelowBudget(context: StageRules): Alert | undefined {
  if (context.policy.rollout.disruptionBudget === 'none') return undefined;
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
    tests: (effective) => {
      const { workload: name, kube } = sceneOf(context);
      const t = timeline({ wait: effective });
      const status = (what: string, values: string, poddisruptionbudget = name) =>
        kube(`kube_poddisruptionbudget_status_${what}`, values, { poddisruptionbudget });
      const healthy = status('current_healthy', t.values(1, 3));
      const series = [status('desired_healthy', t.always(3)), healthy, elsewhere(healthy, t.always(0))];
      const foreign = [status('desired_healthy', t.always(3), STRANGER), status('current_healthy', t.always(0), STRANGER)];
      return { step: t.step, cases: [{ title: 'pods that are missing', series: [...series, ...foreign], at: t.at(name) }] };
    },
  };
}

const BUDGET = ['namespace', 'poddisruptionbudget'] as const;
