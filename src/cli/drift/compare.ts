import type { ImageLock } from '../../lock/lock.js';
import { parseReference } from '../../lock/reference.js';
import { containersOf, type PlacedContainer } from '../../manifest/containers.js';
import { dig } from '../../manifest/dig.js';
import type { Manifest } from '../../manifest/manifest.js';
import { selectsPods } from '../../manifest/selector.js';
import type { WorkloadImage, WorkloadSummary } from '../../manifest/stage-config.js';
import type { PolicyDocument, Stage } from '../../policy/policy.js';
import { observeWorkload } from '../../promotion/observe.js';
import type { ImageSet } from '../../promotion/state.js';
import { adopt } from '../../rollout/adopt.js';

/** Something that runs otherwise than it should. */
export type Difference =
  | { readonly what: 'image'; readonly container: string; readonly expected: string; readonly actual: string }
  | { readonly what: 'setting'; readonly path: string; readonly expected: unknown; readonly actual: unknown }
  /** A pod that runs another image than its workload asks for: on a stuck node, or changed by hand. */
  | {
      readonly what: 'pod';
      readonly pod: string;
      readonly node: string;
      readonly container: string;
      readonly expected: string;
      readonly actual: string;
    };

export interface WorkloadDrift {
  readonly stage: string;
  readonly namespace: string;
  readonly kind: string;
  readonly workload: string;
  readonly state: 'inSync' | 'drifted' | 'missing';
  readonly differences: readonly Difference[];
}

/** What one stage is to be, and what it is. */
export interface StageReality {
  readonly policy: PolicyDocument;
  readonly stage: Stage;
  readonly lock: ImageLock;
  /** As they were applied: their names, and which container has which reference. */
  readonly workloads: readonly WorkloadSummary[];
  /** By workload: what promotion put in place, which counts before the lock. */
  readonly promoted: Readonly<Record<string, ImageSet>>;
  /** Workloads as the cluster has them, and the Rollouts that take their pods from some. */
  readonly live: readonly Manifest[];
  /** Budgets, autoscalers and claims of the namespace. */
  readonly beside: readonly Manifest[];
  readonly pods: readonly Manifest[];
}

/** Pure: how each workload of a stage differs from what lock and policy say, by name. */
export function driftOf(reality: StageReality): readonly WorkloadDrift[] {
  const { stage, workloads, live } = reality;
  return workloads.map((summary): WorkloadDrift => {
    const place = { stage: stage.name, namespace: stage.namespace, kind: summary.kind, workload: summary.name };
    const found = live.find(({ kind, metadata }) => kind === summary.kind && metadata.name === summary.name);
    if (found === undefined) return { ...place, state: 'missing', differences: [] };
    const differences = [
      ...imageDifferences(reality, summary, found),
      ...settingDifferences(reality, found),
      ...podDifferences(reality, summary, found),
    ];
    return { ...place, state: differences.length === 0 ? 'inSync' : 'drifted', differences };
  });
}

function imageDifferences(reality: StageReality, summary: WorkloadSummary, found: Manifest): readonly Difference[] {
  return containersOf(found).flatMap((placed): readonly Difference[] => {
    const known = summary.images.find((image) => image.container === placed.container.name && image.init === placed.init);
    const actual = String(placed.container.image);
    const expected = known === undefined ? 'no such container' : expectedImage(reality, summary, known);
    if (known !== undefined && runs(reality, known, expected, actual)) return [];
    return [{ what: 'image', container: placed.container.name, expected, actual }];
  });
}

function expectedImage({ lock, stage, promoted }: StageReality, { name }: WorkloadSummary, image: WorkloadImage): string {
  const { tag, digest } = promoted[name]?.[image.reference] ?? lock.images[image.reference]?.[stage.name] ?? image;
  return `${image.repository}:${tag}@${digest}`;
}

/** An index and the digests of its platforms are one image. */
function runs({ lock, stage }: StageReality, { reference, repository }: WorkloadImage, expected: string, actual: string): boolean {
  const [wanted, written] = [parseReference(expected), parseReference(actual)];
  if (written?.repository !== repository || written.digest === undefined) return false;
  const entry = lock.images[reference]?.[stage.name];
  const platforms = entry !== undefined && entry.digest === wanted?.digest ? Object.values(entry.platforms ?? {}) : [];
  return written.digest === wanted?.digest || platforms.includes(written.digest);
}

/** What adopting the object as it is would change: what the policy sets, and somebody set otherwise since. */
function settingDifferences({ policy, stage, lock, beside }: StageReality, found: Manifest): readonly Difference[] {
  const edits = adopt({ policy, stage, lock, manifest: found, beside })?.edits ?? [];
  return edits
    .filter(({ path }) => path.at(-1) !== 'image')
    .map(({ path, value }) => ({
      what: 'setting',
      path: path.join('.'),
      expected: value,
      actual: dig(found, ...path.map(String)) ?? null,
    }));
}

/** Pods of an older template are told once their rollout is over, or has been given up: until then they are on their way out. */
function podDifferences({ pods, live }: StageReality, summary: WorkloadSummary, found: Manifest): readonly Difference[] {
  if (summary.kind === 'CronJob' || isOnItsWay(summary, found, live)) return [];
  const wanted = containersOf(found);
  return pods
    .filter((pod) => selectsPods(found, pod) && dig(pod, 'metadata', 'deletionTimestamp') === undefined)
    .flatMap((pod) => containersOf(pod).flatMap((placed) => podDifference(pod, placed, wanted)));
}

/** Argo Rollouts pauses at each of its steps. */
function isOnItsWay(summary: WorkloadSummary, found: Manifest, live: readonly Manifest[]): boolean {
  const rollout = live.find(({ kind, metadata }) => kind === 'Rollout' && metadata.name === summary.rolledBy);
  const { phase } = observeWorkload(found, summary, rollout).rollout;
  const isArgos = summary.kind === 'Rollout' || summary.rolledBy !== undefined;
  return phase === 'progressing' || (phase === 'paused' && isArgos);
}

function podDifference(pod: Manifest, { container, init }: PlacedContainer, wanted: readonly PlacedContainer[]): readonly Difference[] {
  const expected = wanted.find((each) => each.container.name === container.name && each.init === init)?.container.image;
  if (expected === undefined || expected === container.image) return [];
  const node = String(dig(pod, 'spec', 'nodeName') ?? 'no node yet');
  return [{ what: 'pod', pod: pod.metadata.name, node, container: container.name, expected, actual: String(container.image) }];
}
