import { parseReference } from '../lock/reference.js';
import { dig } from '../manifest/dig.js';
import { WORKLOAD_KINDS, type WorkloadKind } from '../manifest/kinds.js';
import type { WorkloadImage, WorkloadSummary } from '../manifest/stage-config.js';
import { argoRolloutProgress, referringProgress } from './progress/argo-rollout.js';
import { cronJobProgress } from './progress/cron-job.js';
import { daemonSetProgress } from './progress/daemon-set.js';
import { deploymentProgress } from './progress/deployment.js';
import { statefulSetProgress } from './progress/stateful-set.js';
import type { Progress } from './progress/status.js';
import type { ImageSet, PromotedImage } from './state.js';

/** What a workload is seen to run. */
export interface ObservedWorkload extends Progress {
  /** Images by reference: those of the reference's repository, with a digest. */
  readonly images: ImageSet;
  /** What it runs instead where that is something else, in words. */
  readonly strange: readonly string[];
}

const PROGRESS: Readonly<Record<WorkloadKind, (workload: unknown) => Progress>> = {
  Deployment: deploymentProgress,
  StatefulSet: statefulSetProgress,
  DaemonSet: daemonSetProgress,
  CronJob: cronJobProgress,
  Rollout: argoRolloutProgress,
};

/**
 * Reads a workload, as the API server answers it, for what promotion looks at.
 *
 * @param rollout the Rollout that takes its pods from it, where there is one
 */
export function observeWorkload(object: unknown, workload: WorkloadSummary, rollout?: unknown): ObservedWorkload {
  const progress = workload.rolledBy === undefined ? PROGRESS[workload.kind](object) : referringProgress(rollout, object);
  return { ...imagesIn(object, workload), ...progress };
}

function imagesIn(object: unknown, { kind, images: expected }: WorkloadSummary): Pick<ObservedWorkload, 'images' | 'strange'> {
  const pod = dig(object, ...WORKLOAD_KINDS[kind].template, 'spec');
  const images: Record<string, PromotedImage> = {};
  const strange: string[] = [];
  for (const image of expected) {
    const found = imageOf(pod, image);
    const known = images[image.reference];
    if (typeof found === 'string') strange.push(found);
    else if (known !== undefined && known.digest !== found.digest) {
      strange.push(`containers run ${image.reference} at two digests, ${known.digest} and ${found.digest}`);
    } else images[image.reference] = found;
  }
  return { images, strange };
}

/** The image of a container; a text where it is none that promotion knows. */
function imageOf(pod: unknown, { container, init, repository }: WorkloadImage): PromotedImage | string {
  const list = dig(pod, init ? 'initContainers' : 'containers');
  const found = Array.isArray(list) ? list.find((each: unknown) => dig(each, 'name') === container) : undefined;
  const written = dig(found, 'image');
  if (typeof written !== 'string') return `there is no container ${container}`;
  const reference = parseReference(written);
  if (reference?.repository !== repository) return `container ${container} runs ${written}, not an image of ${repository}`;
  if (reference.digest === undefined) return `container ${container} runs ${written}, without a digest`;
  return { tag: reference.tag ?? 'latest', digest: reference.digest };
}
