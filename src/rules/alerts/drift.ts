import { aggregate, compare, number } from '../../promql.js';
import { type Alert, exported, PER_WORKLOAD, type StageRules } from '../alert.js';
import { elsewhere, sceneOf, timeline } from '../rule-test.js';

/** Fires while a workload has named an image that neither the lock nor a promotion put there, for half an hour: not during a rollout. */
export function drift(context: StageRules): Alert {
  return {
    alert: 'PatchwayDrift',
    expr: compare(aggregate('max', PER_WORKLOAD, exported(context, 'patchway_drift')), '==', number(1)),
    for: 30 * 60_000,
    severity: 'warning',
    summary: '{{ $labels.namespace }}/{{ $labels.workload }} runs an image that the lock does not name.',
    description:
      'Somebody put an image into {{ $labels.namespace }}/{{ $labels.workload }} that neither the lock nor a promotion named. It is left there; ' +
      '`patchway drift` shows which.',
    tests: (wait) => {
      const { workload, of } = sceneOf(context);
      const t = timeline({ wait });
      const drifted = of('patchway_drift', t.values(1, 0));
      return {
        step: t.step,
        cases: [{ title: 'an image from elsewhere', series: [drifted, elsewhere(drifted, t.always(1))], at: t.at(workload) }],
      };
    },
  };
}
