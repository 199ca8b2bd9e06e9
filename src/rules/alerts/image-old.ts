import type { Milliseconds } from '../../policy/policy.js';
import { aggregate, compare, promDuration, seconds, subtract, time } from '../../promql.js';
import { type Alert, BRIDGE, exported, PER_WORKLOAD, type StageRules } from '../alert.js';
import { elsewhere, FAR, sceneOf, timeline } from '../rule-test.js';

/** Distributions publish fixes every week: after a quarter of a year most of an image is out of date. */
const OLD: Milliseconds = 90 * 86_400_000;

/** Fires for a workload whose image was released 90 days ago or longer. Its value is for how many seconds. */
export function imageOld(context: StageRules): Alert {
  const released = aggregate('min', [...PER_WORKLOAD, 'repository'], exported(context, 'patchway_image_released_timestamp_seconds'));
  return {
    alert: 'PatchwayImageOld',
    expr: compare(subtract(time, released), '>=', seconds(OLD)),
    for: 0,
    keepFiringFor: BRIDGE,
    severity: 'info',
    summary: '{{ $labels.namespace }}/{{ $labels.workload }} runs an old image.',
    description:
      'The image of {{ $labels.repository }} that {{ $labels.namespace }}/{{ $labels.workload }} runs was released {{ $value | humanizeDuration }} ago, ' +
      `longer than ${promDuration(OLD)}.`,
    tests: (wait) => {
      const { workload, of } = sceneOf(context);
      const t = timeline({ wait, keep: BRIDGE, lengths: [OLD] });
      const name = 'patchway_image_released_timestamp_seconds';
      const old = of(name, t.values(t.age(OLD), t.age(OLD), 'absent'), { repository: 'one', digest: 'a' });
      const fresh = of(name, t.always(FAR), { repository: 'two', digest: 'b' });
      return {
        step: t.step,
        cases: [{ title: 'an image that grows old', series: [old, fresh, elsewhere(old, t.always(0))], at: t.at(workload) }],
      };
    },
  };
}
