import { changesBetween, describeImages, runs } from './images.js';
import { chooseNext } from './next.js';
import type { ObservedWorkload } from './observe.js';
import { isDue, nextTurn } from './order.js';
import { inPlace, instant, promoted, rolledBack, troubled, unwatched, withHistory } from './record.js';
import { refuse, refuseUntilLocked } from './refused.js';
import { deadlineOf } from './run.js';
import type { Decision, Situation } from './situation.js';
import type { Intent, PromotionState, WorkloadImages } from './state.js';
import { verify } from './verification.js';
import { isWatched, watchedToItsEnd } from './watch.js';

/** How often a promotion is set about; each time a run was cut off half-way before. */
const ATTEMPTS = 5;

/** Goes on with what an earlier run, or this one, has begun: first look where every workload is, then act. */
export function continueIntent(situation: Situation, intent: Intent): Decision {
  const { state, workloads } = situation;
  const places = placesOf(situation, intent);
  if (intent.watched && !isWatched(situation, intent)) {
    const because = `Somebody moved stage ${situation.stage.name} on while ${describeImages(intent.to)} was watched.`;
    return { kind: 'again', because, state: unwatched(state) };
  }
  const strangers = places.filter(({ place }) => place === 'elsewhere');
  if (strangers.length > 0) return somebodyActed(situation, intent, strangers);
  const due = places.filter(({ name }) =>
    isDue(
      intent,
      workloads.find((each) => each.name === name),
    ),
  );
  const behind = due.filter(({ place }) => place === 'from').map(({ name }) => name);
  const ahead = places.filter(({ place }) => place === 'to').map(({ name }) => name);
  if (state.step === 'rollingBack') return goBack(situation, intent, ahead);
  if (behind.length === 0) return watch(situation, intent);
  if (ahead.length === 0) return state.step === 'verifying' ? putBackByHand(situation, intent) : startOver(situation, intent);
  if (state.step === 'verifying')
    return somebodyActed(
      situation,
      intent,
      due.filter(({ place }) => place === 'from'),
    );
  if (intent.attempt >= ATTEMPTS) return giveUp(situation, intent, `it was cut off ${intent.attempt} times`);
  const because = `An earlier run was cut off when ${ahead.join(', ')} had moved and ${behind.join(', ')} had not: going on.`;
  const resumed = { ...state, intent: { ...intent, attempt: intent.attempt + 1, startedAt: instant(situation.now) } };
  return { kind: 'resume', images: intent.to, because, state: withHistory(resumed, { what: 'resumed', why: because }, situation) };
}

/** `both`: the intent does not change this workload. */
interface Placed {
  readonly name: string;
  readonly place: 'from' | 'to' | 'both' | 'elsewhere';
}

/** Workloads that came or went since the intent was written are not part of it. */
function placesOf({ workloads, observed }: Situation, { from, to }: Intent): readonly Placed[] {
  return workloads.flatMap(({ name, images }) => {
    const seen = observed.here[name];
    if (seen === undefined || to[name] === undefined) return [];
    const known = new Set(images.map(({ reference }) => reference));
    const at = (sets: WorkloadImages) =>
      seen.strange.length === 0 &&
      runs(seen.images, Object.fromEntries(Object.entries(sets[name] ?? {}).filter(([reference]) => known.has(reference))));
    const [old, target] = [at(from), at(to)];
    return [{ name, place: old && target ? 'both' : target ? 'to' : old ? 'from' : 'elsewhere' }];
  });
}

/** Every image is in place: it is a matter of the rollouts now. */
function watch(situation: Situation, intent: Intent): Decision {
  const { state, now } = situation;
  const unfinished = unfinishedRollouts(situation, intent);
  if (unfinished.length === 0) return goOn(situation, intent) ?? verified(situation, intent);
  const why = unfinished.map(({ name, why: reason }) => `${name}: ${reason}`).join('; ');
  const until = deadlineOf(situation.policy.rollout, intent.verification?.startedAt ?? intent.startedAt);
  if (now < until && !unfinished.some(({ stuck }) => stuck)) {
    return { kind: 'verify', until, because: why, state: state.step === 'verifying' ? state : inPlace(state) };
  }
  if (unfinished.every(({ paused }) => paused)) return waitFor(situation, intent, why);
  return giveUp(situation, intent, why);
}

/** Where workloads move in an order: those whose turn it was are healthy, and the next ones follow. */
function goOn({ state, now, workloads }: Situation, intent: Intent): Decision | undefined {
  const turn = nextTurn(intent, workloads);
  if (turn === undefined) return undefined;
  const named = (of: (workload: (typeof workloads)[number]) => boolean) =>
    workloads
      .filter((each) => intent.to[each.name] !== undefined && of(each))
      .map(({ name }) => name)
      .join(', ');
  const done = named((each) => isDue(intent, each));
  const because = `${done} ${done.includes(',') ? 'are' : 'is'} healthy. Now it is the turn of ${named((each) => isDue({ turn }, each) && !isDue(intent, each))}.`;
  return {
    kind: 'resume',
    images: intent.to,
    because,
    state: { ...state, step: 'rolling', intent: { ...intent, turn, startedAt: instant(now) } },
  };
}

/** The rollouts are complete: what the stage verifies must hold, too. */
function verified(situation: Situation, intent: Intent): Decision {
  const { state, stage, outcomes } = situation;
  const verification = outcomes === undefined ? undefined : verify({ ...situation, outcomes }, intent);
  if (verification?.is === 'failed') {
    return giveUp(
      { ...situation, state: { ...state, intent: verification.intent } },
      verification.intent,
      verification.why,
      'verification',
    );
  }
  if (verification?.is === 'open') {
    const { until, ask, why: because, intent: looked } = verification;
    return { kind: 'verify', until, ask, because, state: { ...inPlace(state), intent: looked } };
  }
  const held = verification === undefined || verification.why === '' ? '' : ` It is verified: ${verification.why}.`;
  const because = `Stage ${stage.name} runs ${describeImages(intent.to)}, and every replica is available.${held}`;
  if (intent.watched) return held === '' ? { kind: 'again', because, state: unwatched(state) } : watchedToItsEnd(situation, because);
  return { kind: 'record', outcome: 'promoted', because, state: promoted(situation, intent) };
}

interface Unfinished {
  readonly name: string;
  readonly why: string;
  /** Kubernetes gave up on this rollout, not on an earlier one. */
  readonly stuck: boolean;
  /** It is for somebody else to go on with it. */
  readonly paused: boolean;
}

function unfinishedRollouts({ observed, workloads }: Situation, intent: Intent): readonly Unfinished[] {
  // Kubernetes' times are whole seconds.
  const began = Math.floor(Date.parse(intent.startedAt) / 1000) * 1000;
  return Object.keys(intent.to).flatMap((name) => {
    const rollout = observed.here[name]?.rollout;
    if (rollout === undefined || rollout.phase === 'complete') return [];
    if (
      !isDue(
        intent,
        workloads.find((each) => each.name === name),
      )
    )
      return [];
    const stuck = rollout.phase === 'stuck' && (rollout.since ?? 0) >= began;
    return [{ name, why: rollout.why, stuck, paused: rollout.phase === 'paused' }];
  });
}

/** Images are in place, and the rest is not up to this stage's deadline: it counts again from when that goes on. */
function waitFor({ state, now }: Situation, intent: Intent, because: string): Decision {
  return { kind: 'wait', for: 'rollout', because, state: { ...state, intent: { ...intent, startedAt: instant(now) } } };
}

/** The digests of the workloads that failed are refused; of all that moved where none can be named. */
function giveUp(situation: Situation, intent: Intent, why: string, what: 'rollout' | 'verification' = 'rollout'): Decision {
  const { state, stage, policy, now } = situation;
  const reason = `The ${what} of ${describeImages(intent.to)} in ${stage.name} failed: ${why}.`;
  if (!policy.rollout.autoRollback) {
    const unblock = `rollout.autoRollback is false, so nothing was put back. Repair it, or put ${describeImages(intent.from)} back.`;
    return { kind: 'blocked', by: 'rollout', because: reason, unblock, state: troubled(state, reason, situation) };
  }
  const changes = changesBetween(intent.from, intent.to);
  const failed = new Set(unfinishedRollouts(situation, intent).map(({ name }) => name));
  const guilty = changes.filter(({ workload }) => failed.has(workload));
  const refused = guilty.length > 0 ? guilty : changes;
  const at = instant(now);
  const back: PromotionState = {
    ...troubled(state, reason, situation),
    step: 'rollingBack',
    intent: { ...intent, startedAt: at },
    refused: intent.watched
      ? refuseUntilLocked(state.refused, refused, situation.workloads, { reason, at })
      : refuse(state.refused, refused, reason, at),
  };
  return { kind: 'rollBack', images: intent.from, because: reason, state: back };
}

function goBack(situation: Situation, intent: Intent, ahead: readonly string[]): Decision {
  const { state, stage, now } = situation;
  if (ahead.length > 0) {
    if (intent.watched) return putBackAgain(situation, intent);
    const because = `Putting the old images back was cut off before ${ahead.join(', ')}: going on.`;
    return { kind: 'rollBack', images: intent.from, because, state };
  }
  const unfinished = unfinishedRollouts(situation, intent);
  if (unfinished.length === 0) {
    const because = `Stage ${stage.name} runs ${describeImages(intent.from)} again, and every replica is available.`;
    return { kind: 'record', outcome: 'rolledBack', because, state: rolledBack(situation, intent) };
  }
  const why = unfinished.map(({ name, why: reason }) => `${name}: ${reason}`).join('; ');
  const until = deadlineOf(situation.policy.rollout, intent.startedAt);
  if (now < until) return { kind: 'verify', until, because: `the old images are back in place: ${why}`, state };
  if (unfinished.every(({ paused }) => paused)) return waitFor(situation, intent, `The old images are back in place: ${why}.`);
  const because = `The old images are back in place in ${stage.name}, but they are not healthy either: ${why}.`;
  return { kind: 'blocked', by: 'rollout', because, unblock: `Look at the pods in ${stage.namespace}.`, state };
}

/** Some tools put their image back within the second: they are not fought for ever. */
function putBackAgain(situation: Situation, intent: Intent): Decision {
  const { state, stage } = situation;
  if (intent.attempt < ATTEMPTS) {
    const because = `${describeImages(intent.to)} is in place again in ${stage.name}.`;
    return { kind: 'rollBack', images: intent.from, because, state: { ...state, intent: { ...intent, attempt: intent.attempt + 1 } } };
  }
  const because = `Somebody goes on putting ${describeImages(intent.to)} in place in ${stage.name}, though it failed.`;
  const unblock = `Name another image for ${stage.name} in the lock and apply its manifests, or pause the tool that applies them.`;
  return { kind: 'blocked', by: 'refused', because, unblock, state: troubled(unwatched(state), because, situation) };
}

/** Nothing was touched yet: whether to begin is decided anew, as window and gate may have closed meanwhile. */
function startOver(situation: Situation, intent: Intent): Decision {
  const { intent: _, ...state } = situation.state;
  const decision = chooseNext({ ...situation, state: { ...state, step: 'idle' } });
  if (decision.kind !== 'promote' || decision.state.intent === undefined) return decision;
  return { ...decision, state: { ...decision.state, intent: { ...decision.state.intent, attempt: intent.attempt + 1 } } };
}

/** Somebody undid a rollout while it was under way. That is an answer, too. */
function putBackByHand(situation: Situation, intent: Intent): Decision {
  const { state, stage, now } = situation;
  const because = `Somebody put ${describeImages(intent.from)} back in ${stage.name} while ${describeImages(intent.to)} was rolled out.`;
  const refused = refuse(state.refused, changesBetween(intent.from, intent.to), because, instant(now));
  const after = rolledBack({ ...situation, state: { ...troubled(state, because, situation), refused } }, intent);
  return { kind: 'record', outcome: 'rolledBack', because, state: after };
}

function somebodyActed(situation: Situation, intent: Intent, moved: readonly Placed[]): Decision {
  const { state, stage, observed } = situation;
  const found = moved.map(({ name }) => `${name} runs ${foundIn(observed.here[name])}`).join(', ');
  const because = `Somebody changed images in ${stage.name} during a promotion of ${describeImages(intent.to)}: ${found}.`;
  const known = state.lastError?.message === because;
  const told = troubled(state, because, situation);
  return {
    kind: 'foreignChange',
    because,
    unblock: `Put ${describeImages(intent.to)} or ${describeImages(intent.from)} in place; the next run goes on from there.`,
    state: known ? told : withHistory(told, { what: 'foreignChange', why: because }, situation),
  };
}

function foundIn(seen: ObservedWorkload | undefined): string {
  if (seen === undefined) return 'nothing';
  return seen.strange.length > 0 ? `something else (${seen.strange.join('; ')})` : describeImages({ it: seen.images });
}
