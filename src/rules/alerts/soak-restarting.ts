import { hasPromotion } from '../../policy/has-promotion.js';
import type { Milliseconds } from '../../policy/policy.js';
import { aggregate, changes, compare, number, promDuration, seconds, subtract, time, unless } from '../../promql.js';
import { type Alert, exported, PER_STAGE, type StageRules } from '../alert.js';
import { FAR, type RuleTests, samples, sceneOf } from '../rule-test.js';

/** How often a soak may begin anew. */
const TIMES = 3;

/**
 * Fires where the soak has begun anew three times within three times its length (a day at least), as newer images came, and
 * nothing was promoted meanwhile: the stage before moves too often, or is never healthy. Its value is how often.
 */
export function soakRestarting(context: StageRules): Alert | undefined {
  const { policy, stage } = context;
  if (!hasPromotion(policy, stage) || stage.after.length === 0 || stage.soak === 0) return undefined;
  const range = Math.max(TIMES * stage.soak, 86_400_000);
  const anew = aggregate('max', PER_STAGE, changes(exported(context, 'patchway_promotion_candidate_timestamp_seconds'), range));
  const promoted = aggregate('max', PER_STAGE, exported(context, 'patchway_promotion_last_success_timestamp_seconds'));
  return {
    alert: 'PatchwaySoakRestarting',
    expr: unless(compare(anew, '>=', number(TIMES)), PER_STAGE, compare(subtract(time, promoted), '<', seconds(range))),
    for: 0,
    severity: 'warning',
    summary: `The soak before ${stage.name} begins again and again.`,
    description:
      `Within ${promDuration(range)} the images that stage ${stage.name} (${stage.namespace}) is to take over were replaced {{ $value }} times before ` +
      `they had soaked for ${promDuration(stage.soak)}, and nothing was promoted. At this pace no fix comes here.`,
    tests: (wait) => soakTests(context, range, wait),
  };
}

function soakTests(context: StageRules, range: Milliseconds, wait: Milliseconds): RuleTests {
  const scene = sceneOf(context);
  const step = Math.floor(range / 40 / 1000) * 1000;
  const candidates = scene.stage('patchway_promotion_candidate_timestamp_seconds', samples([1, 10], [2, 10], [3, 10], [4, 40]));
  const promoted = (at: number) => scene.stage('patchway_promotion_last_success_timestamp_seconds', samples([at, 70]));
  const waits = Math.ceil(wait / step);
  const fires = (from: number) => (from + waits <= 48 ? [[from + waits, ['']] as const] : []);
  return {
    step,
    cases: [
      {
        title: 'a third candidate within the time',
        series: [candidates],
        at: [[29, []], ...fires(30), ...(waits <= 18 ? [[48, ['']] as const] : []), [51, []]],
      },
      {
        title: 'a promotion meanwhile',
        series: [candidates, promoted(FAR)],
        at: [
          [30, []],
          [48, []],
        ],
      },
      { title: 'a promotion before', series: [candidates, promoted((40 * step - range) / 1000)], at: [[39, []], ...fires(40)] },
    ],
  };
}
