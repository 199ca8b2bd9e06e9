import type { Milliseconds } from '../../policy/policy.js';
import { aggregate, compare, promDuration, seconds, subtract, time } from '../../promql.js';
import { type Alert, BRIDGE, exported, PER_WORKLOAD, type StageRules } from '../alert.js';
import { elsewhere, FAR, sceneOf, timeline } from '../rule-test.js';

/** How long an image may stay on a base that has moved on: official images are built on a new base within days, and most teams build weekly. */
const GRACE: Milliseconds = 7 * 86_400_000;

/** Fires for a workload whose image was built on a base that has had a newer build for a week. Its value is for how many seconds. */
export function baseBehind(context: StageRules): Alert {
  const since = aggregate('min', [...PER_WORKLOAD, 'base'], exported(context, 'patchway_base_behind_since_timestamp_seconds'));
  return {
    alert: 'PatchwayBaseBehind',
    expr: compare(subtract(time, since), '>=', seconds(GRACE)),
    for: 0,
    keepFiringFor: BRIDGE,
    severity: 'warning',
    summary: '{{ $labels.namespace }}/{{ $labels.workload }} runs on an old build of its base.',
    description:
      `There has been a newer build of {{ $labels.base }} for {{ $value | humanizeDuration }}, longer than ${promDuration(GRACE)}. ` +
      'What it fixes is missing in {{ $labels.namespace }}/{{ $labels.workload }} until its image is built again.',
    tests: (wait) => {
      const { workload, of } = sceneOf(context);
      const t = timeline({ wait, keep: BRIDGE, lengths: [GRACE] });
      const name = 'patchway_base_behind_since_timestamp_seconds';
      const ours = of(name, t.values(t.age(GRACE), t.age(GRACE), 'absent'), { base: 'alpine:3.19', repository: 'one', digest: 'a' });
      const fresh = of(name, t.always(FAR), { base: 'debian:12', repository: 'two', digest: 'b' });
      return {
        step: t.step,
        cases: [{ title: 'a base that moved on', series: [ours, fresh, elsewhere(ours, t.always(0))], at: t.at(workload) }],
      };
    },
  };
}
