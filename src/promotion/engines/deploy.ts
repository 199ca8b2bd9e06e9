import { canonicalJson, shortHash } from '../../manifest/names.js';
import { windowState } from '../../policy/windows.js';
import { imagesOf } from '../foreign.js';
import { changesBetween, describeImages } from '../images.js';
import { refusalOf } from '../refused.js';
import { judgementKey, type Situation } from '../situation.js';
import type { Intent, WorkloadImages } from '../state.js';
import { lockedImages } from './propose.js';

/** Whether what the lock names for a stage is put in place now. */
export type Deployability = {
  readonly because: string;
  /** What runs. */
  readonly from: WorkloadImages;
  /** What the lock names. */
  readonly to: WorkloadImages;
} & (
  | { readonly kind: 'deploy' }
  /** Every image is in place already. */
  | { readonly kind: 'inPlace' }
  /** `until`: epoch milliseconds, where it is known. */
  | { readonly kind: 'wait'; readonly until?: number }
  | { readonly kind: 'refused' }
);

/**
 * Whether a merged lock may be deployed now. Its request was opened inside a window, but may have been merged outside of
 * one: images move inside. Putting back what ran before a refused image never waits, nor do workloads that are new.
 */
export function deployability(
  situation: Pick<Situation, 'stage' | 'policy' | 'workloads' | 'observed' | 'state' | 'verdicts' | 'now'>,
): Deployability {
  const { stage, policy, workloads, observed, state, verdicts, now } = situation;
  const from = imagesOf({ workloads }, (name) => observed.here[name]?.images);
  const to = lockedImages({ workloads });
  const between = { from, to };
  const changes = changesBetween(from, to).filter(({ workload }) => observed.here[workload] !== undefined);
  const strange = workloads.some(({ name }) => (observed.here[name]?.strange ?? []).length > 0);
  const isNew = workloads.some(({ name }) => observed.here[name] === undefined);
  const what = `Stage ${stage.name} runs ${describeImages(from)}, and the lock names ${describeImages(to)}`;
  if (changes.length === 0 && !isNew) return { kind: 'inPlace', because: `${what}.`, ...between };
  const refusal = refusalOf(state.refused, changes);
  if (refusal !== undefined)
    return { kind: 'refused', because: `${what}, which was refused on ${refusal.at}. ${refusal.reason}`, ...between };
  if (changes.length === 0 || strange) return { kind: 'deploy', because: `${what}.`, ...between };
  const refused = new Set(state.refused.map(({ digest }) => digest));
  if (changes.every((change) => change.from !== undefined && refused.has(change.from.digest))) {
    return { kind: 'deploy', because: `${what}: what runs was refused, and going back waits for no window.`, ...between };
  }
  const cure = changes
    .map(({ reference, to: image }) => verdicts[judgementKey(reference, image.digest)]?.cures)
    .find((id) => id !== undefined);
  const { open, opensAt } = windowState(stage.windows, now);
  if (open) return { kind: 'deploy', because: `${what}.`, ...between };
  if (cure !== undefined && policy.gate.exploited?.bypassWindows === true) {
    return { kind: 'deploy', because: `${what}: the window is closed, but passed as it fixes ${cure}, which is exploited.`, ...between };
  }
  return { kind: 'wait', because: `${what}. The window is closed.`, ...between, ...(opensAt === undefined ? {} : { until: opensAt }) };
}

/** What is under way once it has been applied, for `decide` to follow to its end. */
export function deployment({ because, from, to }: Deployability, startedAt: number): Intent {
  const move = { why: because, from, to, startedAt: new Date(startedAt).toISOString(), attempt: 1 };
  return { id: shortHash(canonicalJson(move)), ...move };
}
