import { movesLock } from './engines.js';
import type { PolicyDocument, Stage } from './policy.js';

/** Whether a promotion's runs in the cluster have anything to do in a stage: to promote to it, or to watch what others roll out in it. */
export function hasPromotion(
  { rollout, promotion }: Pick<PolicyDocument, 'rollout' | 'promotion'>,
  { after }: Pick<Stage, 'after'>,
): boolean {
  return !movesLock(promotion) && (after.length > 0 || rollout.autoRollback === 'watch');
}
