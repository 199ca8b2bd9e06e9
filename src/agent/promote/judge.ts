import { cures, type EvidenceVerdict, evidenceVerdict, improves } from '../../gate/evidence-verdict.js';
import { parseEvidence } from '../../gate/parse-evidence.js';
import { dig } from '../../manifest/dig.js';
import { names } from '../../manifest/names.js';
import type { StageConfig } from '../../manifest/stage-config.js';
import type { Stage } from '../../policy/policy.js';
import { type Judgement, judgementKey } from '../../promotion/situation.js';
import type { WorkloadImages } from '../../promotion/state.js';
import type { Cluster } from '../kubernetes.js';

/** Which sets of images are judged, and against what. */
export interface Judged {
  /** What this stage runs. */
  readonly running: WorkloadImages;
  /** What waits for promotion. */
  readonly candidate: WorkloadImages | undefined;
  /** What the stages before run, where it can be told. */
  readonly before: WorkloadImages | undefined;
}

export interface JudgeOptions {
  readonly cluster: Pick<Cluster, 'get'>;
  /** Where the evidence of each stage is. @default `cluster` */
  readonly clusterOf?: (stage: string) => Pick<Cluster, 'get'>;
  readonly config: StageConfig;
  readonly stage: Stage;
  /** Epoch milliseconds. */
  readonly at: number;
}

/**
 * What the gate says of every image that may be promoted, by the evidence of the stages before and of this one: of one
 * digest the newest scan counts.
 * @throws where evidence cannot be read
 */
export async function judge(options: JudgeOptions, judged: Judged): Promise<Readonly<Record<string, Judgement>>> {
  const { running, candidate = {}, before = {} } = judged;
  const pairs = [candidate, before].flatMap((sets) =>
    Object.entries(sets).flatMap(([workload, images]) =>
      Object.entries(images).map(([reference, { digest }]) => ({ workload, reference, digest })),
    ),
  );
  const verdictOf = await verdicts(options, [...new Set(pairs.map(({ reference }) => reference))]);
  const judgements: Record<string, Judgement> = {};
  for (const { reference, digest } of pairs) {
    const verdict = verdictOf(reference, digest);
    const replaced = (sets: WorkloadImages) =>
      Object.entries(sets).flatMap(([workload, images]) => {
        const old = images[reference]?.digest;
        const concerned = pairs.some((p) => p.workload === workload && p.reference === reference && p.digest === digest);
        return old === undefined || old === digest || !concerned ? [] : [verdictOf(reference, old)];
      });
    const [runs, waits] = [replaced(running), replaced(candidate)];
    const cured = runs.map((old) => cures(verdict, old)?.id).find((id) => id !== undefined);
    const newlyCured = waits.map((old) => cures(verdict, old)?.id).find((id) => id !== undefined);
    judgements[judgementKey(reference, digest)] = {
      verdict: verdict.verdict,
      allowed: verdict.allowed,
      reason: verdict.reason,
      improves: runs.length > 0 && runs.every((old) => improves(verdict, old)),
      ...(cured === undefined ? {} : { cures: cured }),
      ...(newlyCured === undefined ? {} : { curesCandidate: newlyCured }),
    };
  }
  return judgements;
}

type VerdictOf = (reference: string, digest: string) => EvidenceVerdict;

async function verdicts(
  { cluster, clusterOf = () => cluster, config, stage, at }: JudgeOptions,
  references: readonly string[],
): Promise<VerdictOf> {
  const { policy, workloads } = config;
  const images = workloads.flatMap((workload) => workload.images);
  const places = policy.stages.filter(({ name }) => stage.after.includes(name) || name === stage.name);
  const found = await Promise.all(
    references.map(async (reference) => {
      const repository = images.find((image) => image.reference === reference)?.repository ?? '';
      const evidence = await Promise.all(
        places.map(({ name, namespace }) => evidenceIn(clusterOf(name), namespace, names.evidence(repository), name === stage.name)),
      );
      return [reference, evidence] as const;
    }),
  );
  const byReference = new Map(found);
  return (reference, digest) => {
    const all = (byReference.get(reference) ?? []).map((evidence) =>
      typeof evidence === 'string' ? undefined : evidenceVerdict(policy, evidence, digest, at, stage.name),
    );
    const scans = all.filter((verdict) => verdict !== undefined).sort((a, b) => scannedAt(b) - scannedAt(a));
    const missing = (byReference.get(reference) ?? []).find((evidence) => typeof evidence === 'string');
    const newest = scans[0] ?? evidenceVerdict(policy, undefined, digest, at, stage.name);
    return newest.scan === undefined && missing !== undefined ? { ...newest, reason: missing } : newest;
  };
}

/** A repository's evidence; a text where its ConfigMap is missing, which matters in the stages before only. */
async function evidenceIn(cluster: Pick<Cluster, 'get'>, namespace: string, name: string, here: boolean) {
  const configMap = await cluster.get(`/api/v1/namespaces/${namespace}/configmaps/${name}`);
  if (configMap === undefined) {
    return here
      ? undefined
      : `there is no ConfigMap ${namespace}/${name} with evidence: apply the manifests of that stage, and let it scan`;
  }
  const text = dig(configMap, 'data', 'evidence');
  return parseEvidence(typeof text === 'string' ? text : undefined, `ConfigMap ${namespace}/${name}, data.evidence`);
}

function scannedAt({ scan }: EvidenceVerdict): number {
  return scan === undefined ? Number.NEGATIVE_INFINITY : Date.parse(scan.scannedAt);
}
