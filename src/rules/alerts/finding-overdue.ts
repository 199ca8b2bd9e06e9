import { aggregate, compare, number, subtract, time } from '../../promql.js';
import { type Alert, BRIDGE, exported, PER_WORKLOAD, type StageRules } from '../alert.js';
import { remedyLabel, remedySentence } from '../remedies.js';
import { elsewhere, FAR, sceneOf, timeline } from '../rule-test.js';

/** Fires from the instant at which the first deadline of what a workload runs has passed. Its value is since how many seconds. */
export function findingOverdue(context: StageRules): Alert {
  const closes = aggregate('min', PER_WORKLOAD, exported(context, 'patchway_gate_closes_timestamp_seconds'));
  return {
    alert: 'PatchwayFindingOverdue',
    expr: compare(subtract(time, closes), '>=', number(0)),
    for: 0,
    keepFiringFor: BRIDGE,
    severity: 'critical',
    labels: remedyLabel(context),
    summary: 'A finding in {{ $labels.namespace }}/{{ $labels.workload }} is overdue.',
    description:
      'The deadline of a finding in what {{ $labels.namespace }}/{{ $labels.workload }} runs passed {{ $value | humanizeDuration }} ago. ' +
      `The gate is closed for this image. ${remedySentence(context)}`,
    tests: (wait) => {
      const { workload, of } = sceneOf(context);
      const t = timeline({ wait, keep: BRIDGE });
      const closes = of('patchway_gate_closes_timestamp_seconds', t.values(t.age(0), t.age(0), FAR));
      return {
        step: t.step,
        cases: [{ title: 'a deadline that passes', series: [closes, elsewhere(closes, t.always(0))], at: t.at(workload) }],
      };
    },
  };
}
