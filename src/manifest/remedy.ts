import type { Stage } from '../policy/policy.js';
import { names } from './names.js';
import type { WorkloadImage, WorkloadSummary } from './stage-config.js';
import type { Remedy, WorkloadOptions } from './workload-options.js';

/** The image that a workload's remedy is about: its first container's. Sidecars and init containers are mostly somebody else's. */
export function ownImage({ images }: Pick<WorkloadSummary, 'images'>): WorkloadImage | undefined {
  return images.find(({ init }) => !init);
}

/** The workloads whose own image a reference is, by name. */
export function ownersOf(workloads: readonly WorkloadSummary[], reference: string): readonly WorkloadSummary[] {
  return workloads
    .filter((workload) => ownImage(workload)?.reference === reference)
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/**
 * The Secrets that say whom to ask for a build of these workloads' own images. None in a stage that comes after others: what
 * was built comes to it by promotion, and what it still runs may have been built anew long ago.
 */
export function webhooksOf({ after }: Pick<Stage, 'after'>, workloads: readonly WorkloadSummary[]): readonly string[] {
  if (after.length > 0) return [];
  const named = workloads.flatMap(({ remedy, rebuildWebhook }) => (remedy === 'rebuild' ? (rebuildWebhook ?? []) : []));
  return [...new Set(named)].sort();
}

/** What is to be done about an image with a red verdict, as a sentence without its full stop: what the first of its owners says. */
export function remedyFor(workloads: readonly WorkloadSummary[], reference: string): string {
  const [owner] = ownersOf(workloads, reference);
  return owner === undefined ? remedyWords('update') : remedyOfWorkload(owner);
}

/** The same for one workload, with what it says of itself. */
export function remedyOfWorkload({ name, remedy = 'update', base, buildkit }: WorkloadOptions & Pick<WorkloadSummary, 'name'>): string {
  const words = remedyWords(remedy);
  if (remedy === 'rebuild') return base === undefined ? words : `${words} (${base})`;
  return remedy === 'copa' && buildkit !== undefined ? `${words} (CronJob ${names.copa(name)} of the first stage)` : words;
}

/** What a remedy is, as a sentence without its full stop. */
export function remedyWords(remedy: Remedy): string {
  return WORDS[remedy];
}

const WORDS: Readonly<Record<Remedy, string>> = {
  update: 'Take a newer tag of the image',
  rebuild: 'Build the image again on a fixed base',
  copa: 'Patch the image with Copa',
};
