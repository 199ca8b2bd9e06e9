import { promDuration } from '../../promql.js';
import type { Alert, StageRules } from '../alert.js';
import { dueDistances } from '../deadlines.js';
import { dueTests, dueWithin } from '../due.js';
import { remedySentence } from '../remedies.js';

/**
 * Fires a day before a deadline of what a workload runs, or a quarter of its length before it, if that is shorter. Its
 * value is how many seconds are left. Not once the deadline has passed: that is `PatchwayFindingOverdue`.
 */
export function findingDueSoon(context: StageRules): Alert {
  const distances = dueDistances(context.policy.gate).map(({ severities, near }) => ({ severities, from: 0, to: near }));
  const longest = Math.max(...distances.map(({ to }) => to));
  return {
    alert: 'PatchwayFindingDueSoon',
    expr: dueWithin(context, distances),
    for: 0,
    severity: 'warning',
    summary: 'A finding in {{ $labels.namespace }}/{{ $labels.workload }} is due soon.',
    description:
      'The deadline of a finding in what {{ $labels.namespace }}/{{ $labels.workload }} runs passes in {{ $value | humanizeDuration }}. ' +
      `Such alerts come ${promDuration(longest)} before a deadline at the earliest. ${remedySentence(context)}`,
    tests: (wait) => dueTests(context, distances, wait),
  };
}
