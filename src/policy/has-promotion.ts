import type { PolicyDocument, Stage } from './policy.js';

/** Whether a promotion's runs have anything to do in a stage: to promote to it, or to watch what others roll out in it. */
export function hasPromotion({ rollout }: Pick<PolicyDocument, 'rollout'>, { after }: Pick<Stage, 'after'>): boolean {
  return after.length > 0 || rollout.autoRollback === 'watch';
}
