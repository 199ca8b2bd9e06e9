import { promDuration } from '../../promql.js';
import type { Alert, StageRules } from '../alert.js';
import { dueDistances } from '../deadlines.js';
import { dueTests, dueWithin } from '../due.js';
import { remedySentence } from '../remedies.js';

/**
 * Fires a week before a deadline of what a workload runs, or half of its length before it, if that is shorter. Its value is
 * how many seconds are left. Not when it is as near as `PatchwayFindingDueSoon` tells of.
 */
export function findingDueLater(context: StageRules): Alert {
  const distances = dueDistances(context.policy.gate).map(({ severities, far, near }) => ({ severities, from: near, to: far }));
  const longest = Math.max(...distances.map(({ to }) => to));
  return {
    alert: 'PatchwayFindingDueLater',
    expr: dueWithin(context, distances),
    for: 0,
    severity: 'info',
    summary: 'A finding in {{ $labels.namespace }}/{{ $labels.workload }} has a deadline ahead.',
    description:
      'The deadline of a finding in what {{ $labels.namespace }}/{{ $labels.workload }} runs passes in {{ $value | humanizeDuration }}. ' +
      `Such alerts come ${promDuration(longest)} before a deadline at the earliest. ${remedySentence(context)}`,
    tests: (wait) => dueTests(context, distances, wait),
  };
}
