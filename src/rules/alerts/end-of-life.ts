import { aggregate, compare, number } from '../../promql.js';
import { type Alert, BRIDGE, exported, PER_WORKLOAD, type StageRules } from '../alert.js';
import { elsewhere, sceneOf, timeline } from '../rule-test.js';

/** Fires while a workload runs a distribution whose end of life has come: nobody finds or fixes anything in it any more. Not with `endOfLife: ignore`. */
export function endOfLife(context: StageRules): Alert | undefined {
  const { endOfLife: meaning } = context.policy.gate;
  if (meaning === 'ignore') return undefined;
  const ended = aggregate('max', [...PER_WORKLOAD, 'distribution'], exported(context, 'patchway_end_of_life'));
  return {
    alert: 'PatchwayEndOfLife',
    expr: compare(ended, '==', number(1)),
    for: 0,
    keepFiringFor: BRIDGE,
    severity: meaning === 'block' ? 'critical' : 'warning',
    summary: '{{ $labels.namespace }}/{{ $labels.workload }} runs {{ $labels.distribution }}, whose end of life has come.',
    description:
      'Nobody fixes {{ $labels.distribution }} any more, so scans of {{ $labels.namespace }}/{{ $labels.workload }} find less than there is. ' +
      (meaning === 'block' ? 'The gate is closed for it. ' : '') +
      'Build the image on a newer base.',
    tests: (wait) => {
      const { workload, of } = sceneOf(context);
      const t = timeline({ wait, keep: BRIDGE });
      const ended = of('patchway_end_of_life', t.values(1, 0), { distribution: 'debian 10' });
      return {
        step: t.step,
        cases: [{ title: 'a distribution that has ended', series: [ended, elsewhere(ended, t.always(1))], at: t.at(workload) }],
      };
    },
  };
}
