import { and, compare, number } from '../../promql.js';
import { type Alert, knownWorkloads, type StageRules } from '../alert.js';
import { BY_NAME, perKind, replicasOf } from '../replicas.js';
import { elsewhere, STRANGER, timeline } from '../rule-test.js';

/** Fires while a workload that should have pods has had none that is ready for use for two minutes. */
export function workloadUnavailable(context: StageRules): Alert | undefined {
  const replicas = replicasOf(context);
  if (replicas === undefined) return undefined;
  const none = and(compare(replicas.available, '==', number(0)), BY_NAME, compare(replicas.desired, '>', number(0)));
  return {
    alert: 'PatchwayWorkloadUnavailable',
    expr: and(none, BY_NAME, knownWorkloads(context)),
    for: 2 * 60_000,
    severity: 'critical',
    summary: '{{ $labels.namespace }}/{{ $labels.workload }} has no pod that is ready.',
    description: 'None of the pods of {{ $labels.namespace }}/{{ $labels.workload }} is ready for use: nothing answers its requests.',
    tests: (wait) => {
      const t = timeline({ wait });
      const cases = perKind(context, (kind, { workload }, { available, desired }) => {
        const ready = available(t.values(0, 1), workload);
        const foreign = [desired(t.always(3), STRANGER), available(t.always(0), STRANGER)];
        return [
          {
            title: `a ${kind} without a pod`,
            series: [desired(t.always(3), workload), ready, ...foreign, elsewhere(ready, t.always(0))],
            at: t.at(workload),
          },
          { title: `a ${kind} that should have none`, series: [desired(t.always(0), workload), ready], at: t.never },
        ];
      });
      return { step: t.step, cases: cases.flat() };
    },
  };
}
