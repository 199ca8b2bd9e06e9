import { changesBetween, describeImages, runs, sameImages } from './images.js';
import { instant, troubled, withHistory } from './record.js';
import { refuse } from './refused.js';
import type { Decision, Situation } from './situation.js';
import type { ImageSet, PromotionState, WorkloadImages } from './state.js';

/** What this stage runs, compared with what was recorded. */
export interface Recorded {
  readonly running: WorkloadImages;
  readonly state: PromotionState;
  /** Somebody put previous images back: the answer, unless something newer than what they took away goes its way. */
  readonly withdrawn?: (state: PromotionState) => Decision;
}

/**
 * Whether somebody else moved this stage's images. What runs at first is taken as it is. What the lock has come to name
 * is taken over. Previous images that were put back stay, and what they replaced is refused. Anything else is only told.
 */
export function compareWithRecord(situation: Situation, before: WorkloadImages | undefined): Recorded | Decision {
  const { state, stage, workloads, observed, now } = situation;
  const strange = workloads.flatMap(({ name }) => (observed.here[name]?.strange ?? []).map((what) => `${name}: ${what}`));
  if (strange.length > 0) {
    return told(situation, state, `Stage ${stage.name} does not run what was promoted: ${strange.join('; ')}.`, {});
  }
  const running = imagesOf(situation, (name) => observed.here[name]?.images);
  const expected = imagesOf(situation, (name) => state.workloads[name]?.current);
  const moved = Object.keys(running).filter((name) => !runs(running[name] ?? {}, expected[name] ?? {}));
  if (moved.length === 0) return { running, state: { ...state, workloads: takenOver(situation, running) } };
  const changes = changesBetween(running, expected);
  const what = `Stage ${stage.name} ran ${describeImages(expected)}; somebody moved it to ${describeImages(running)}`;
  const isBack = moved.every((name) => runs(running[name] ?? {}, state.workloads[name]?.previous ?? NOTHING));
  const isLocked = workloads.every(({ name, images }) =>
    runs(running[name] ?? {}, Object.fromEntries(images.map((i) => [i.reference, i]))),
  );
  if ((isLocked && !isBack) || (before !== undefined && sameImages(before, running))) {
    const refused = refuse(state.refused, changes, `${what}, as the lock says.`, instant(now));
    const adopted = { ...state, refused, workloads: takenOver(situation, running) };
    return { running, state: withHistory(adopted, { what: 'foreignChange', why: `${what}, as the lock says.`, to: running }, situation) };
  }
  if (!isBack) return told(situation, state, `${what}.`, running);
  const because = `${what}, which it ran before.`;
  const refused = refuse(state.refused, changes, because, instant(now));
  return { running, state: { ...state, refused }, withdrawn: (followed) => told(situation, followed, because, running) };
}

/** No image at all is like what was previously there. */
const NOTHING: ImageSet = { '': { tag: '', digest: '' } };

/** Sets of the references that the configuration names; what a stored state knows beyond that is no longer of interest. */
export function imagesOf({ workloads }: Pick<Situation, 'workloads'>, of: (name: string) => ImageSet | undefined): WorkloadImages {
  return Object.fromEntries(
    workloads.map(({ name, images }) => {
      const known = of(name) ?? {};
      const entries = images.flatMap(({ reference }) => {
        const image = known[reference];
        return image === undefined ? [] : [[reference, image] as const];
      });
      return [name, Object.fromEntries(entries)];
    }),
  );
}

export function takenOver({ state }: Pick<Situation, 'state'>, running: WorkloadImages): PromotionState['workloads'] {
  return Object.fromEntries(
    Object.entries(running).map(([name, current]) => {
      const known = state.workloads[name];
      if (known !== undefined && sameImages({ name: known.current }, { name: current })) return [name, known];
      const previous = known === undefined || runs(current, known.current) ? known?.previous : known.current;
      return [name, { current, ...(previous === undefined ? {} : { previous }) }];
    }),
  );
}

export function told(situation: Situation, state: PromotionState, because: string, to: WorkloadImages): Decision {
  const known = state.lastError?.message === because;
  const next: PromotionState = { ...troubled(state, because, situation), step: 'idle' };
  return {
    kind: 'foreignChange',
    because,
    unblock: `It is left as it is. Put back what was promoted, or name what shall run in the lock for ${situation.stage.name} and apply its manifests.`,
    state: known ? next : withHistory(next, { what: 'foreignChange', why: because, to }, situation),
  };
}
