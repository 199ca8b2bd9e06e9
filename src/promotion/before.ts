import type { WorkloadSummary } from '../manifest/stage-config.js';
import { imagesOf } from './foreign.js';
import { changesBetween, describeImage, sameImages } from './images.js';
import type { ObservedWorkload } from './observe.js';
import { isRefused } from './refused.js';
import type { Situation } from './situation.js';
import type { PromotedImage, WorkloadImages } from './state.js';

/** What the stages before run, all of them together. */
export interface Before {
  /** Absent where it cannot be told, or where they do not agree. */
  readonly images?: WorkloadImages;
  /** Whether each workload has finished its rollout and has every replica available. */
  readonly healthy: boolean;
  /** Epoch milliseconds: since when nothing about that changed. */
  readonly since?: number;
  /** Why there are no images, or why they are not healthy. */
  readonly why: string;
  /** Whether waiting alone does not help. */
  readonly broken: boolean;
  /** The stage that the images come from; of several that agree, all of them. */
  readonly from: string;
  /** What each of the stages runs, where one of them is enough, and it can be told. */
  readonly each?: Readonly<Record<string, WorkloadImages>>;
}

interface Seen {
  readonly stage: string;
  readonly workload: WorkloadSummary;
  readonly observed: ObservedWorkload;
}

type Looked = Pick<Situation, 'stage' | 'workloads' | 'observed'>;

/**
 * Puts together what the stages named by `after` run. All have to agree on every reference; or where one is enough, it is
 * the one that the candidate comes from, else the first that runs something new, a healthy one before others.
 */
export function stagesBefore(looked: Looked & Partial<Pick<Situation, 'state'>>): Before {
  const { stage, observed, workloads } = looked;
  if (stage.oneOf !== true) return together(looked, stage.after);
  const all = stage.after.map((name) => together(looked, [name]));
  const each = Object.fromEntries(all.flatMap(({ from, images }) => (images === undefined ? [] : [[from, images]])));
  const running = imagesOf({ workloads }, (name) => observed.here[name]?.images);
  const fresh = all.filter((before) => isNew(before, running, looked.state));
  const { candidate, refused = [] } = looked.state ?? {};
  const own =
    fresh.find(({ images }) => candidate !== undefined && images !== undefined && sameImages(images, candidate.digests)) ??
    fresh.find(({ from }) => from === candidate?.from);
  const untried = fresh.filter(({ images = {} }) => !isRefused(refused, changesBetween(running, images)));
  const chosen = own ?? untried.find(({ healthy }) => healthy) ?? untried[0] ?? fresh[0];
  if (chosen !== undefined) return { ...chosen, each };
  const known = all.find(({ images }) => images !== undefined) ?? all[0];
  // What the others run was there before what this stage runs.
  return known?.images === undefined ? (known ?? together(looked, [])) : { ...known, images: running, each };
}

/** Whether a stage runs something else than this one, and than what was passed over when a candidate was chosen. */
function isNew({ from, images }: Before, running: WorkloadImages, state: Situation['state'] | undefined): boolean {
  const passed = state?.passedOver?.[from];
  return images !== undefined && !sameImages(images, running) && (passed === undefined || !sameImages(images, passed));
}

function together({ workloads, observed }: Looked, after: readonly string[]): Before {
  const from = after.join(', ');
  const missing: string[] = [];
  const seen: Seen[] = [];
  for (const name of after) {
    for (const workload of workloads) {
      const found = observed.before[name]?.[workload.name];
      if (found === undefined) missing.push(`there is no ${workload.kind} ${workload.name} in stage ${name}`);
      else seen.push({ stage: name, workload, observed: found });
    }
  }
  const strange = seen.flatMap((each) => each.observed.strange.map((what) => `${titleOf(each)}: ${what}`));
  const unknown = [...missing, ...strange];
  if (unknown.length > 0) return { from, healthy: false, broken: true, why: unknown.join('; ') };
  const different = disagreements(seen);
  if (different.length > 0) return { from, healthy: false, broken: false, why: different.join('; ') };
  const images = Object.fromEntries(seen.map(({ workload, observed: found }) => [workload.name, found.images]));
  const ill = seen.flatMap(illness);
  const since = seen.map(({ observed: { rollout } }) => (rollout.phase === 'complete' ? rollout.since : undefined));
  const known = since.filter((time) => time !== undefined);
  return {
    from,
    images,
    healthy: ill.length === 0,
    broken: false,
    why: ill.join('; '),
    ...(known.length < since.length || known.length === 0 ? {} : { since: Math.max(...known) }),
  };
}

function disagreements(seen: readonly Seen[]): readonly string[] {
  const first = new Map<string, { readonly image: PromotedImage; readonly by: Seen }>();
  return seen.flatMap((each) =>
    Object.entries(each.observed.images).flatMap(([reference, image]) => {
      const known = first.get(reference);
      if (known === undefined) first.set(reference, { image, by: each });
      if (known === undefined || known.image.digest === image.digest) return [];
      return [
        `${titleOf(known.by)} runs ${describeImage(reference, known.image)}, but ${titleOf(each)} runs ${describeImage(reference, image)}`,
      ];
    }),
  );
}

function illness(each: Seen): readonly string[] {
  const { rollout, unproven } = each.observed;
  const why = rollout.phase === 'complete' ? unproven : rollout.why;
  return why === undefined ? [] : [`${titleOf(each)}: ${why}`];
}

function titleOf({ stage, workload }: Seen): string {
  return `${workload.name} in ${stage}`;
}
