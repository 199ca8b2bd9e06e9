import { continueIntent } from './intent.js';
import { chooseNext } from './next.js';
import type { Decision, Situation } from './situation.js';

/**
 * What the promotion of a stage does next. Pure: it is decided anew at each step from what is observed and stored, so it
 * does not matter which run, or how many, took the steps before.
 */
export function decide(situation: Situation): Decision {
  const { state, stage, workloads, observed } = situation;
  const absent = workloads.filter(({ name }) => observed.here[name] === undefined);
  if (absent.length > 0) {
    return {
      kind: 'blocked',
      by: 'stages',
      because: `Stage ${stage.name} has no Deployment ${absent.map(({ name }) => name).join(', ')} in namespace ${stage.namespace}.`,
      unblock: "Apply the stage's manifests.",
      state,
    };
  }
  return state.intent === undefined ? chooseNext(situation) : continueIntent(situation, state.intent);
}
