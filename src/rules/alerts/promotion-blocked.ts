import { hasPromotion } from '../../policy/has-promotion.js';
import { aggregate, compare, promDuration, seconds, subtract, time } from '../../promql.js';
import { type Alert, BRIDGE, exported, PER_STAGE, type StageRules } from '../alert.js';
import { patience } from '../deadlines.js';
import { elsewhere, FAR, sceneOf, timeline } from '../rule-test.js';

/**
 * Fires while a promotion has been held up by one and the same thing for a quarter of the policy's shortest deadline, a day at
 * most: not by a soak or a window, which pass. Its value is for how many seconds.
 */
export function promotionBlocked(context: StageRules): Alert | undefined {
  const { policy, stage } = context;
  if (!hasPromotion(policy, stage)) return undefined;
  const limit = patience(policy.gate);
  const since = aggregate('min', PER_STAGE, exported(context, 'patchway_promotion_blocked_timestamp_seconds'));
  return {
    alert: 'PatchwayPromotionBlocked',
    expr: compare(subtract(time, since), '>=', seconds(limit)),
    for: 0,
    keepFiringFor: BRIDGE,
    severity: 'warning',
    summary: `The promotion to ${stage.name} is blocked.`,
    description:
      `The promotion to stage ${stage.name} (${stage.namespace}) has been held up by the same thing for {{ $value | humanizeDuration }}, ` +
      `longer than ${promDuration(limit)}. It does not pass by itself; lastError in the promotion's state says what it is.`,
    tests: (wait) => {
      const t = timeline({ wait, keep: BRIDGE, lengths: [limit] });
      const since = sceneOf(context).stage('patchway_promotion_blocked_timestamp_seconds', t.values(t.age(limit), t.age(limit), FAR));
      return {
        step: t.step,
        cases: [{ title: 'a promotion that stands still', series: [since, elsewhere(since, t.always(0))], at: t.at('') }],
      };
    },
  };
}
