import { hasPromotion } from '../../policy/has-promotion.js';
import { aggregate, compare, number, promDuration } from '../../promql.js';
import { type Alert, exported, PER_STAGE, type StageRules } from '../alert.js';
import { patience } from '../deadlines.js';
import { elsewhere, sceneOf, timeline } from '../rule-test.js';

/** Fires where a promotion has waited for somebody's approval for a quarter of the policy's shortest deadline, a day at most. */
export function approvalWaiting(context: StageRules): Alert | undefined {
  const { policy, stage } = context;
  if (!hasPromotion(policy, stage) || stage.approval !== 'manual') return undefined;
  const wait = patience(policy.gate);
  const state = exported(context, 'patchway_promotion_state', { state: 'awaitingApproval' });
  return {
    alert: 'PatchwayApprovalWaiting',
    expr: compare(aggregate('max', PER_STAGE, state), '==', number(1)),
    for: wait,
    severity: 'warning',
    summary: `The promotion to ${stage.name} waits for an approval.`,
    description: `For ${promDuration(wait)} images that are ready for stage ${stage.name} (${stage.namespace}) have waited for somebody to approve them.`,
    tests: (effective) => {
      const scene = sceneOf(context);
      const t = timeline({ wait: effective });
      const awaiting = (values: string, state = 'awaitingApproval') => scene.stage('patchway_promotion_state', values, { state });
      const series = [awaiting(t.values(1, 0)), awaiting(t.always(1), 'soaking'), elsewhere(awaiting(t.always(1)))];
      return { step: t.step, cases: [{ title: 'images that nobody approves', series, at: t.at('') }] };
    },
  };
}
