import { hasPromotion } from '../../policy/has-promotion.js';
import type { Milliseconds } from '../../policy/policy.js';
import { aggregate, compare, promDuration, seconds, subtract, time, unless } from '../../promql.js';
import { type Alert, exported, PER_STAGE, type StageRules } from '../alert.js';
import { FAR, sceneOf, timeline } from '../rule-test.js';

/** For how long images that were put back are news. */
const NEWS: Milliseconds = 7 * 86_400_000;

/** Fires for a week from when images of a stage were put back, or until a promotion to it ends well. Its value is for how many seconds. */
export function rolledBack(context: StageRules): Alert | undefined {
  const { policy, stage } = context;
  if (!hasPromotion(policy, stage)) return undefined;
  const back = aggregate('max', PER_STAGE, exported(context, 'patchway_promotion_rolled_back_timestamp_seconds'));
  const success = aggregate('max', PER_STAGE, exported(context, 'patchway_promotion_last_success_timestamp_seconds'));
  return {
    alert: 'PatchwayRolledBack',
    expr: unless(compare(subtract(time, back), '<', seconds(NEWS)), PER_STAGE, compare(success, '>', back)),
    for: 0,
    severity: 'warning',
    summary: `Images in ${stage.namespace} were put back.`,
    description:
      `{{ $value | humanizeDuration }} ago a rollout in stage ${stage.name} (${stage.namespace}) failed, and the images before were put back. ` +
      `No promotion has ended well since. The promotion's state says why; this ends ${promDuration(NEWS)} after it.`,
    tests: (wait) => {
      const scene = sceneOf(context);
      const t = timeline({ wait, lengths: [NEWS] });
      const at = (values: string) => scene.stage('patchway_promotion_rolled_back_timestamp_seconds', values);
      const promoted = (values: string) => scene.stage('patchway_promotion_last_success_timestamp_seconds', values);
      const now = t.age(0);
      return {
        step: t.step,
        cases: [
          {
            title: 'images that are put back, until others are promoted',
            series: [at(t.values(now, 'absent', now)), promoted(t.values(now, 0, FAR))],
            at: t.at(''),
          },
          { title: 'images that were put back a week ago', series: [at(t.always(t.age(NEWS)))], at: t.until('') },
        ],
      };
    },
  };
}
