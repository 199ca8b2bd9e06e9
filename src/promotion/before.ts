import type { WorkloadSummary } from '../manifest/stage-config.js';
import { describeImage } from './images.js';
import type { ObservedWorkload } from './observe.js';
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
}

interface Seen {
  readonly stage: string;
  readonly workload: WorkloadSummary;
  readonly observed: ObservedWorkload;
}

/** Puts together what the stages named by `after` run: they have to agree on every reference. */
export function stagesBefore({ stage, workloads, observed }: Pick<Situation, 'stage' | 'workloads' | 'observed'>): Before {
  const missing: string[] = [];
  const seen: Seen[] = [];
  for (const name of stage.after) {
    for (const workload of workloads) {
      const found = observed.before[name]?.[workload.name];
      if (found === undefined) missing.push(`there is no ${workload.kind} ${workload.name} in stage ${name}`);
      else seen.push({ stage: name, workload, observed: found });
    }
  }
  const strange = seen.flatMap((each) => each.observed.strange.map((what) => `${titleOf(each)}: ${what}`));
  const unknown = [...missing, ...strange];
  if (unknown.length > 0) return { healthy: false, broken: true, why: unknown.join('; ') };
  const different = disagreements(seen);
  if (different.length > 0) return { healthy: false, broken: false, why: different.join('; ') };
  const images = Object.fromEntries(seen.map(({ workload, observed: found }) => [workload.name, found.images]));
  const ill = seen.flatMap(illness);
  const since = seen.map(({ observed: { rollout } }) => (rollout.phase === 'complete' ? rollout.since : undefined));
  const known = since.filter((time) => time !== undefined);
  return {
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
