import { parseReference } from '../lock/reference.js';
import { dig } from '../manifest/dig.js';
import type { WorkloadImage, WorkloadSummary } from '../manifest/stage-config.js';
import type { ImageSet, PromotedImage } from './state.js';

/** How far a Deployment's rollout is. */
export type Rollout =
  /** Every replica runs the present template and is available; `since`: epoch milliseconds of the last change to any of that. */
  | { readonly phase: 'complete'; readonly since?: number }
  | { readonly phase: 'progressing'; readonly why: string }
  /** Kubernetes saw no progress within the deadline; `since`: epoch milliseconds. */
  | { readonly phase: 'stuck'; readonly why: string; readonly since?: number }
  | { readonly phase: 'paused'; readonly why: string };

/** What a workload is seen to run. */
export interface ObservedWorkload {
  /** Images by reference: those of the reference's repository, with a digest. */
  readonly images: ImageSet;
  /** What it runs instead where that is something else, in words. */
  readonly strange: readonly string[];
  readonly rollout: Rollout;
  /** How many replicas it asks for. */
  readonly replicas: number;
}

/** Reads a Deployment, as the API server answers it, for what promotion looks at. */
export function observeDeployment(deployment: unknown, workload: WorkloadSummary): ObservedWorkload {
  const replicas = numberAt(deployment, 'spec', 'replicas') ?? 1;
  const { images, strange } = imagesIn(deployment, workload);
  return { images, strange, rollout: rolloutOf(deployment, replicas), replicas };
}

function imagesIn(deployment: unknown, { images: expected }: WorkloadSummary): Pick<ObservedWorkload, 'images' | 'strange'> {
  const images: Record<string, PromotedImage> = {};
  const strange: string[] = [];
  for (const image of expected) {
    const found = imageOf(deployment, image);
    const known = images[image.reference];
    if (typeof found === 'string') strange.push(found);
    else if (known !== undefined && known.digest !== found.digest) {
      strange.push(`containers run ${image.reference} at two digests, ${known.digest} and ${found.digest}`);
    } else images[image.reference] = found;
  }
  return { images, strange };
}

/** The image of a container; a text where it is none that promotion knows. */
function imageOf(deployment: unknown, { container, init, repository }: WorkloadImage): PromotedImage | string {
  const list = dig(deployment, 'spec', 'template', 'spec', init ? 'initContainers' : 'containers');
  const found = Array.isArray(list) ? list.find((each: unknown) => dig(each, 'name') === container) : undefined;
  const written = dig(found, 'image');
  if (typeof written !== 'string') return `there is no container ${container}`;
  const reference = parseReference(written);
  if (reference?.repository !== repository) return `container ${container} runs ${written}, not an image of ${repository}`;
  if (reference.digest === undefined) return `container ${container} runs ${written}, without a digest`;
  return { tag: reference.tag ?? 'latest', digest: reference.digest };
}

/** As `kubectl rollout status` sees it. The status says nothing until the controller has seen the present generation. */
function rolloutOf(deployment: unknown, replicas: number): Rollout {
  const status = (field: string) => numberAt(deployment, 'status', field) ?? 0;
  if (dig(deployment, 'spec', 'paused') === true) return { phase: 'paused', why: 'it is paused' };
  if (status('observedGeneration') < (numberAt(deployment, 'metadata', 'generation') ?? 0)) {
    return { phase: 'progressing', why: 'its controller has not seen the change yet' };
  }
  const behind = shortfall(replicas, status);
  if (behind === undefined) {
    const since = lastChange(deployment);
    return { phase: 'complete', ...(since === undefined ? {} : { since }) };
  }
  const progressing = condition(deployment, 'Progressing');
  if (dig(progressing, 'reason') !== 'ProgressDeadlineExceeded') return { phase: 'progressing', why: behind };
  const since = timeOf(dig(progressing, 'lastUpdateTime'));
  return { phase: 'stuck', why: `${behind}, and there was no progress within the deadline`, ...(since === undefined ? {} : { since }) };
}

function shortfall(replicas: number, status: (field: string) => number): string | undefined {
  if (status('updatedReplicas') < replicas) return `${status('updatedReplicas')} of ${replicas} replicas are updated`;
  if (status('replicas') > status('updatedReplicas'))
    return `${status('replicas') - status('updatedReplicas')} old replicas are still there`;
  if (status('availableReplicas') < replicas || status('unavailableReplicas') > 0) {
    return `${status('availableReplicas')} of ${replicas} replicas are available`;
  }
  return undefined;
}

/**
 * When anything about a Deployment's health last changed: its conditions, or any count in its status. The API server
 * notes when the controller last changed the status, also for a failing pod that left the conditions as they were.
 */
function lastChange(deployment: unknown): number | undefined {
  const fields = dig(deployment, 'metadata', 'managedFields');
  const written = (Array.isArray(fields) ? fields : [])
    .filter((entry: unknown) => dig(entry, 'subresource') === 'status')
    .map((entry: unknown) => timeOf(dig(entry, 'time')));
  const times = [
    timeOf(dig(condition(deployment, 'Available'), 'lastTransitionTime')),
    timeOf(dig(condition(deployment, 'Progressing'), 'lastUpdateTime')),
    ...written,
  ].filter((time) => time !== undefined);
  return times.length === 0 ? undefined : Math.max(...times);
}

function condition(deployment: unknown, type: string): unknown {
  const conditions = dig(deployment, 'status', 'conditions');
  return Array.isArray(conditions) ? conditions.find((each: unknown) => dig(each, 'type') === type) : undefined;
}

function timeOf(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = dig(value, ...path);
  return typeof found === 'number' ? found : undefined;
}
