import { aggregate, compare, number } from '../../promql.js';
import { type Alert, BRIDGE, exported, PER_WORKLOAD, type StageRules } from '../alert.js';
import { elsewhere, sceneOf, timeline } from '../rule-test.js';

/** Fires while a workload names an image without a digest: its next pod may run something else, which nobody scanned. Its value is how many. */
export function mutableTag(context: StageRules): Alert {
  return {
    alert: 'PatchwayMutableTag',
    expr: compare(aggregate('max', PER_WORKLOAD, exported(context, 'patchway_images_unpinned')), '>', number(0)),
    for: 0,
    keepFiringFor: BRIDGE,
    severity: 'warning',
    summary: '{{ $labels.namespace }}/{{ $labels.workload }} runs an image by a tag.',
    description:
      '{{ $value }} containers of {{ $labels.namespace }}/{{ $labels.workload }} name an image without a digest. What the tag means may change at any time, ' +
      'and no scan says anything about it.',
    tests: (wait) => {
      const { workload, of } = sceneOf(context);
      const t = timeline({ wait, keep: BRIDGE });
      const unpinned = of('patchway_images_unpinned', t.values(1, 0));
      return {
        step: t.step,
        cases: [{ title: 'an image without a digest', series: [unpinned, elsewhere(unpinned, t.always(1))], at: t.at(workload) }],
      };
    },
  };
}
