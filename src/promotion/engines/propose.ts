import { decide } from '../decide.js';
import { imagesOf } from '../foreign.js';
import { type Change, changesBetween, describeImages } from '../images.js';
import type { Decision, Situation } from '../situation.js';
import type { PromotionState, WorkloadImages } from '../state.js';

/** What a forge's workflow does about the request that moves a stage's images in the lock. */
export interface Proposal {
  /** Open it or bring it up to date; leave one that is open, and open none; withdraw one that is open. */
  readonly answer: 'propose' | 'keep' | 'withdraw';
  readonly decision: Decision;
  /** What the request changes, each reference once. Empty unless it is proposed. */
  readonly changes: readonly Change[];
  /** What is kept until the next look: the candidate and its soak. What was refused and what has happened is in git. */
  readonly state: PromotionState;
}

/**
 * Decides as every engine does, and makes a request of a promotion. The situation's workloads have the images that the lock
 * names now; its state is what the last look kept, with what git says was refused.
 * @param proposed by reference, the digest that an open request puts into the lock
 */
export function proposalOf(given: Situation, proposed: Readonly<Record<string, string>> = {}): Proposal {
  const running = imagesOf(given, (name) => given.observed.here[name]?.images);
  const { intent: _, ...remembered } = given.state;
  const workloads = Object.fromEntries(Object.entries(running).map(([name, current]) => [name, { current }]));
  const situation: Situation = { ...given, state: { ...remembered, step: 'idle', workloads } };
  const decision = notDeployed(situation, running, decide(situation));
  const changes = decision.kind === 'promote' ? byReference(changesBetween(running, decision.images)) : [];
  return { answer: answerOf(situation, decision, proposed), decision, changes, state: kept(decision.state) };
}

/** The images that the lock names for a stage. */
export function lockedImages({ workloads }: Pick<Situation, 'workloads'>): WorkloadImages {
  return Object.fromEntries(
    workloads.map(({ name, images }) => [
      name,
      Object.fromEntries(images.map(({ reference, tag, digest }) => [reference, { tag, digest }])),
    ]),
  );
}

/** One step after another: while the lock and the stage differ, nothing more is moved in the lock. */
function notDeployed(situation: Situation, running: WorkloadImages, decision: Decision): Decision {
  const locked = lockedImages(situation);
  if ((decision.kind !== 'promote' && decision.kind !== 'done') || changesBetween(running, locked).length === 0) return decision;
  const { name } = situation.stage;
  const because = `The lock names ${describeImages(locked)} for ${name}, which runs ${describeImages(running)}: that has not been deployed yet.`;
  return { kind: 'wait', for: 'rollout', because, state: decision.state };
}

/** A request stays open while what it asks for only has to wait, so that nobody reviews it twice. */
function answerOf({ stage, observed }: Situation, decision: Decision, proposed: Readonly<Record<string, string>>): Proposal['answer'] {
  if (decision.kind === 'promote') return 'propose';
  const { candidate } = decision.state;
  if (decision.kind !== 'wait' || candidate === undefined || candidate.healthyMs < stage.soak) return 'withdraw';
  const running = Object.fromEntries(Object.entries(observed.here).map(([name, { images }]) => [name, images]));
  const wanted = changesBetween(running, candidate.digests);
  return wanted.length > 0 && wanted.every(({ reference, to }) => proposed[reference] === to.digest) ? 'keep' : 'withdraw';
}

/** The lock has one entry for all workloads that run a reference. */
function byReference(changes: readonly Change[]): readonly Change[] {
  return [...new Map(changes.map((change) => [change.reference, change])).values()];
}

function kept({ intent: _, ...state }: PromotionState): PromotionState {
  return { ...state, step: state.candidate === undefined ? 'idle' : 'soaking', workloads: {}, refused: [], history: [] };
}
