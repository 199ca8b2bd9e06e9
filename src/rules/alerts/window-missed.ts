import { hasPromotion } from '../../policy/has-promotion.js';
import { aggregate, and, compare, number, promDuration } from '../../promql.js';
import { type Alert, exported, PER_STAGE, type StageRules } from '../alert.js';
import { elsewhere, sceneOf, timeline } from '../rule-test.js';

/** Fires where a promotion still waits for a window that has been open for half an hour: runs of the promotion are missing. */
export function windowMissed(context: StageRules): Alert | undefined {
  const { policy, stage } = context;
  if (!hasPromotion(policy, stage) || stage.after.length === 0 || stage.windows.length === 0) return undefined;
  const wait = 30 * 60_000;
  const awaiting = aggregate('max', PER_STAGE, exported(context, 'patchway_promotion_state', { state: 'awaitingWindow' }));
  const open = aggregate('max', PER_STAGE, exported(context, 'patchway_window_open'));
  return {
    alert: 'PatchwayWindowMissed',
    expr: and(compare(awaiting, '==', number(1)), PER_STAGE, compare(open, '==', number(1))),
    for: wait,
    severity: 'warning',
    summary: `The promotion to ${stage.name} misses its window.`,
    description: `For ${promDuration(wait)} a rollout may start in stage ${stage.name} (${stage.namespace}), and the promotion that waits for that has not begun.`,
    tests: (effective) => {
      const scene = sceneOf(context);
      const t = timeline({ wait: effective });
      const awaiting = (values: string, state = 'awaitingWindow') => scene.stage('patchway_promotion_state', values, { state });
      const open = (values: string) => scene.stage('patchway_window_open', values);
      return {
        step: t.step,
        cases: [
          { title: 'a window that opens for nothing', series: [awaiting(t.always(1)), open(t.values(1, 0))], at: t.at('') },
          {
            title: 'a promotion that goes on',
            series: [awaiting(t.values(1, 0)), awaiting(t.always(1), 'soaking'), open(t.always(1)), elsewhere(awaiting(t.always(1)))],
            at: t.at(''),
          },
        ],
      };
    },
  };
}
