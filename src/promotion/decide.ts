import { continueIntent } from './intent.js';
import { chooseNext } from './next.js';
import type { Decision, Situation } from './situation.js';
import { watchOthers } from './watch.js';

/**
 * What the promotion of a stage does next. Pure: it is decided anew at each step from what is observed and stored, so it
 * does not matter which run, or how many, took the steps before. A stage that comes after none is only watched.
 */
export function decide(situation: Situation): Decision {
  const { policy, state, stage, workloads, observed } = situation;
  const absent = workloads.filter(({ name }) => observed.here[name] === undefined);
  if (absent.length > 0) {
    return {
      kind: 'blocked',
      by: 'stages',
      because: `Stage ${stage.name} has no ${absent.map(({ kind, name }) => `${kind} ${name}`).join(', ')} in namespace ${stage.namespace}.`,
      unblock: "Apply the stage's manifests.",
      state,
    };
  }
  if (state.intent !== undefined) return continueIntent(situation, state.intent);
  const watched = policy.rollout.autoRollback === 'watch' ? watchOthers(situation) : undefined;
  return watched ?? chooseNext(situation);
}
