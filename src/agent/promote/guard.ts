import { parseEvidence } from '../../gate/parse-evidence.js';
import { dig } from '../../manifest/dig.js';
import { KNOWN } from '../../manifest/labels.js';
import { names } from '../../manifest/names.js';
import type { StageConfig } from '../../manifest/stage-config.js';
import type { Stage } from '../../policy/policy.js';
import { PatchwayError } from '../../problem.js';
import { describeImage } from '../../promotion/images.js';
import type { Decision } from '../../promotion/situation.js';
import type { ImageSet, PromotedImage, PromotionState, WorkloadImages } from '../../promotion/state.js';
import type { Cluster, KubernetesObject } from '../kubernetes.js';
import { FIELD_MANAGER } from './put.js';

interface World {
  readonly cluster: Pick<Cluster, 'get' | 'apply'>;
  readonly config: StageConfig;
}

/**
 * Tells the guard of a stage's namespace what is about to be put in place: its annotation `patchway.dev/promoted` then holds what runs, what
 * ran before it and what comes, and nothing else. A digest comes in by the evidence of a stage before, and only by that.
 * @throws where an image to be promoted is in no such evidence
 */
export async function letIn(
  { cluster, config }: World,
  stage: Stage,
  decision: Decision & { readonly images: WorkloadImages },
): Promise<void> {
  const { policy } = config;
  if (policy.promotion.guard === false) return;
  const name = names.guard(stage.name);
  const path = `/api/v1/namespaces/${stage.namespace}/serviceaccounts/${name}`;
  const found = await cluster.get(path);
  // A program may compose a stage without a guard.
  if (found === undefined) return;
  const [lock, promoted] = [linesOf(found, KNOWN.lock), linesOf(found, KNOWN.promoted)];
  const named = await namedBefore(cluster, config, stage);
  const admit = policy.gate.onMissingEvidence === 'warn' ? () => true : (digest: string) => lock.has(digest) || promoted.has(digest);
  const digestsOf = ([reference, { digest }]: Image) => named.get(`${reference}@${digest}`) ?? (admit(digest) ? [digest] : []);
  const stranger = imagesOf(Object.values(decision.images)).find((image) => digestsOf(image).length === 0);
  // What is put back ran here before: if nobody knows it, it came in by a label that it still has.
  if (stranger !== undefined && decision.kind !== 'rollBack') {
    const before = stage.after.join(' or ');
    throw new PatchwayError(
      `the guard does not let ${describeImage(...stranger)} in: no scan of ${before} names it. Let one run there, then promotion goes on.`,
    );
  }
  const text = [...new Set(imagesOf(setsOf(decision.state)).flatMap(digestsOf))].sort().join('\n');
  if (text === [...promoted].sort().join('\n')) return;
  const { resourceVersion } = found.metadata;
  const metadata = { name, namespace: stage.namespace, resourceVersion, annotations: { [KNOWN.promoted]: text } };
  const body = { apiVersion: 'v1', kind: 'ServiceAccount', metadata };
  await cluster.apply(path, body, { fieldManager: FIELD_MANAGER, force: true });
}

type Image = readonly [reference: string, image: PromotedImage];

function imagesOf(sets: readonly ImageSet[]): readonly Image[] {
  return sets.flatMap((set) => Object.entries(set));
}

/** What runs, what ran before, and what is on its way in either direction. */
function setsOf({ workloads, intent }: PromotionState): readonly ImageSet[] {
  return [
    ...Object.values(workloads).flatMap(({ current, previous = {} }) => [current, previous]),
    ...Object.values(intent?.from ?? {}),
    ...Object.values(intent?.to ?? {}),
  ];
}

/** By `reference@digest`, the digests under which the scans of the stages before know an image: its own and its platforms'. */
async function namedBefore(cluster: World['cluster'], { policy, workloads }: StageConfig, stage: Stage) {
  const images = new Map(workloads.flatMap((workload) => workload.images.map((image) => [image.reference, image.repository])));
  const stages = policy.stages.filter(({ name }) => stage.after.includes(name));
  const found = await Promise.all(
    [...images].flatMap(([reference, repository]) =>
      stages.map(async ({ namespace }) => {
        const name = names.evidence(repository);
        const text = dig(await cluster.get(`/api/v1/namespaces/${namespace}/configmaps/${name}`), 'data', 'evidence');
        const evidence = parseEvidence(typeof text === 'string' ? text : undefined, `ConfigMap ${namespace}/${name}, data.evidence`);
        return Object.entries(evidence?.digests ?? {}).map(
          ([digest, { platforms }]) => [`${reference}@${digest}`, [digest, ...Object.values(platforms)]] as const,
        );
      }),
    ),
  );
  return new Map(found.flat());
}

function linesOf(account: KubernetesObject, annotation: string): ReadonlySet<string> {
  const text = dig(account, 'metadata', 'annotations', annotation);
  return new Set(typeof text === 'string' ? text.split('\n').filter((line) => line !== '') : []);
}
