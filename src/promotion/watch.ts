import { imagesOf, takenOver, told } from './foreign.js';
import { changedImages, changesBetween, describeImages, runs, sameImages } from './images.js';
import { instant, troubled, untroubled, unwatched, watching, withHistory } from './record.js';
import { refusalOf, stillRefused } from './refused.js';
import { deadlineOf } from './run.js';
import type { Decision, Situation } from './situation.js';
import type { ImageSet, Intent, PromotionState, WorkloadImages } from './state.js';
import { verificationsOf } from './verification.js';

/**
 * What somebody else has begun in this stage, followed to its end as a promotion's own rollout is (`autoRollback: watch`):
 * what was last healthy is recorded, a rollout is watched, and an image that failed under this lock is put back at once.
 * Undefined where a promotion may go on; never for a stage that comes after none.
 */
export function watchOthers(given: Situation): Decision | undefined {
  const { stage, workloads, observed, now, policy } = given;
  const state = { ...given.state, policyHash: policy.hash, refused: stillRefused(given.state.refused, workloads) };
  const situation = { ...given, state };
  const first = stage.after.length === 0;
  const strange = workloads.flatMap(({ name }) => (observed.here[name]?.strange ?? []).map((what) => `${name}: ${what}`));
  if (strange.length > 0) {
    return first ? told(situation, state, `Stage ${stage.name} runs what cannot be watched: ${strange.join('; ')}.`, {}) : undefined;
  }
  const { from, to } = movedImages(situation);
  const changes = changesBetween(from, to);
  const what = `Somebody moved ${stage.name} from ${describeImages(from)} to ${describeImages(to)}`;
  const refusal = refusalOf(
    state.refused.filter(({ locked }) => locked !== undefined),
    changes,
  );
  if (refusal !== undefined) {
    const because = `${what}, which was refused on ${refusal.at}. ${refusal.reason}`;
    const back = watching(situation, troubled(state, because, situation), { from, to, why: what }, 'rollingBack');
    return { kind: 'rollBack', images: from, because, state: { ...back, lastError: { message: because, at: instant(now) } } };
  }
  const watched = changes.length > 0 ? Object.keys(to) : first ? workloads.map(({ name }) => name) : [];
  const ill = watched.flatMap((name) => {
    const rollout = observed.here[name]?.rollout;
    return rollout === undefined || rollout.phase === 'complete' ? [] : [{ name, rollout }];
  });
  const why = ill.map(({ name, rollout }) => `${name}: ${rollout.why}`).join('; ');
  const verifies = first && situation.outcomes !== undefined && Object.keys(verificationsOf(situation)).length > 0;
  if ((ill.length > 0 || verifies) && changes.length > 0) {
    const since = ill.flatMap(({ rollout }) => (rollout.phase === 'stuck' && rollout.since !== undefined ? [rollout.since] : []));
    const next = watching(situation, state, { from, to, why: what }, 'verifying', Math.min(now, ...since));
    return {
      kind: 'verify',
      until: deadlineOf(policy.rollout, instant(Math.min(now, ...since))),
      because: why === '' ? what : `${what}: ${why}`,
      state: next,
    };
  }
  if (!first) return undefined;
  return ill.length > 0 ? unhealthy(situation, why) : healthy(situation, what, { from, to });
}

/** What was watched is healthy, and holds what the stage verifies. In a stage whose images come from the lock, it is recorded. */
export function watchedToItsEnd(situation: Situation, because: string): Decision {
  const { stage } = situation;
  const state = unwatched(situation.state);
  if (stage.after.length > 0) return { kind: 'again', because, state };
  const { from, to } = movedImages(situation);
  const what = `Somebody moved ${stage.name} from ${describeImages(from)} to ${describeImages(to)}`;
  return { ...healthy({ ...situation, state }, what, { from, to }), because };
}

/** Whether what was watched is still that: nobody has moved anything meanwhile, and the policy still says so. */
export function isWatched(situation: Situation, intent: Intent): boolean {
  if (situation.policy.rollout.autoRollback !== 'watch') return false;
  const { to } = movedImages(situation);
  if (situation.state.step !== 'rollingBack') return sameImages(to, intent.to);
  return Object.entries(to).every(([name, images]) => intent.to[name] !== undefined && runs(images, intent.to[name]));
}

/** Workloads that do not run what was last healthy: that, and what they run. New workloads are not among them. */
function movedImages(situation: Situation): { readonly from: WorkloadImages; readonly to: WorkloadImages } {
  const running = imagesOf(situation, (name) => situation.observed.here[name]?.images);
  const recorded = imagesOf(situation, (name) => lastHealthy(situation, name));
  const moved = Object.entries(running).filter(
    ([name, images]) => Object.keys(recorded[name] ?? {}).length > 0 && !runs(images, recorded[name] ?? {}),
  );
  const of = (sets: WorkloadImages) => Object.fromEntries(moved.map(([name]) => [name, sets[name] ?? {}]));
  return { from: of(recorded), to: of(running) };
}

/** By the references of today: who writes tags into manifests has another reference with every version. */
function lastHealthy({ state, workloads }: Situation, name: string): ImageSet | undefined {
  const current = state.workloads[name]?.current;
  const images = workloads.find((workload) => workload.name === name)?.images ?? [];
  return (
    current &&
    Object.fromEntries(
      images.flatMap(({ reference, repository }) => {
        const known = current[reference] ?? Object.entries(current).find(([other]) => other.startsWith(`${repository}:`))?.[1];
        return known === undefined ? [] : [[reference, known]];
      }),
    )
  );
}

function unhealthy(situation: Situation, why: string): Decision {
  const { stage, state } = situation;
  const because = `Nobody changed an image of stage ${stage.name} since it was last healthy, or it never was: ${why}.`;
  return { kind: 'wait', for: 'health', because, state: { ...untroubled(state), step: 'idle' } };
}

function healthy(
  situation: Situation,
  what: string,
  { from, to }: { readonly from: WorkloadImages; readonly to: WorkloadImages },
): Decision {
  const { stage, state } = situation;
  const running = imagesOf(situation, (name) => situation.observed.here[name]?.images);
  const because = `Stage ${stage.name} runs ${describeImages(running)}, and every replica is available.`;
  const next: PromotionState = { ...untroubled(state), step: 'idle', workloads: takenOver(situation, running) };
  const changes = changesBetween(from, to);
  if (changes.length === 0) return { kind: 'done', because, state: next };
  const entry = { what: 'deployed', why: `${what}.`, from: changedImages(changes, 'from'), to: changedImages(changes, 'to') } as const;
  return { kind: 'done', because, state: withHistory(next, entry, situation) };
}
