import { hasPromotion } from '../../policy/has-promotion.js';
import type { Milliseconds, Stage } from '../../policy/policy.js';
import { openIntervals } from '../../policy/windows.js';
import { aggregate, compare, promDuration, seconds, subtract, time } from '../../promql.js';
import { type Alert, BRIDGE, exported, PER_STAGE, type StageRules } from '../alert.js';
import { elsewhere, FAR, sceneOf, timeline } from '../rule-test.js';

const DAY: Milliseconds = 86_400_000;

/**
 * Fires where a stage has been behind the stages before for longer than the soak, the longest time between windows and a day
 * explain. Its value is for how many seconds.
 */
export function stageBehind(context: StageRules): Alert | undefined {
  const { policy, stage } = context;
  if (!hasPromotion(policy, stage) || stage.after.length === 0) return undefined;
  const limit = stage.soak + longestClosed(stage) + DAY;
  const since = aggregate('min', PER_STAGE, exported(context, 'patchway_promotion_candidate_timestamp_seconds'));
  return {
    alert: 'PatchwayStageBehind',
    expr: compare(subtract(time, since), '>=', seconds(limit)),
    for: 0,
    keepFiringFor: BRIDGE,
    severity: 'warning',
    summary: `Stage ${stage.name} is behind ${stage.after.join(', ')}.`,
    description:
      `Images of ${stage.after.join(', ')} have waited for stage ${stage.name} (${stage.namespace}) for {{ $value | humanizeDuration }}. ` +
      `With its soak and windows it should take ${promDuration(limit)} at most.`,
    tests: (wait) => {
      const t = timeline({ wait, keep: BRIDGE, lengths: [limit] });
      const since = sceneOf(context).stage('patchway_promotion_candidate_timestamp_seconds', t.values(t.age(limit), t.age(limit), FAR));
      return { step: t.step, cases: [{ title: 'a candidate that waits', series: [since, elsewhere(since, t.always(0))], at: t.at('') }] };
    },
  };
}

/** Always the same ten weeks, so that rules never depend on the day; of windows that open less often the whole. */
function longestClosed({ windows }: Stage): Milliseconds {
  const from = Date.UTC(2026, 0, 1);
  const to = from + 70 * DAY;
  const open = windows.length === 0 ? [] : openIntervals(windows, from, to);
  if (windows.length === 0) return 0;
  const closed = [...open, { opens: to, closes: to }].map(({ opens }, i) => opens - (open[i - 1]?.closes ?? from));
  return Math.max(0, ...closed);
}
