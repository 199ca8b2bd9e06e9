import { dig } from '../../manifest/dig.js';
import { ownLabels } from '../../manifest/labels.js';
import { names, shortHash } from '../../manifest/names.js';
import type { Stage, Verification } from '../../policy/policy.js';
import type { Intent, Outcome } from '../../promotion/state.js';
import type { AgentContext } from '../context.js';
import { ConflictError, type KubernetesObject } from '../kubernetes.js';
import { verifyByHttp } from '../verify/http.js';
import { verifyByPrometheus } from '../verify/prometheus.js';

export interface LookOptions {
  readonly cluster: Pick<AgentContext['cluster'], 'get' | 'create'>;
  readonly config: Pick<AgentContext['config'], 'policy'>;
  readonly stage: Stage;
  readonly intent: Intent;
}

/** Looks once at what verifies a promotion, by key. */
export async function lookAtVerifications(
  options: LookOptions,
  verifications: Readonly<Record<string, Verification>>,
): Promise<Readonly<Record<string, Outcome>>> {
  const entries = Object.entries(verifications);
  return Object.fromEntries(await Promise.all(entries.map(async ([key, each]) => [key, await lookAt(options, key, each)] as const)));
}

function lookAt(options: LookOptions, key: string, verification: Verification): Promise<Outcome> {
  switch (verification.kind) {
    case 'http':
      return verifyByHttp(verification);
    case 'prometheus':
      return verifyByPrometheus(verification);
    case 'job':
      return verifyByJob(options, key, verification.pod);
  }
}

/** How long a finished Job stays, for whoever wants to read its log: a day. */
const KEPT_SECONDS = 86_400;

/** The Job is made by the first look, and found by the later ones, of whichever run. */
async function verifyByJob(
  { cluster, config, stage, intent }: LookOptions,
  key: string,
  pod: Readonly<Record<string, unknown>>,
): Promise<Outcome> {
  const { namespace } = stage;
  const name = `${names.verification(stage.name)}-${shortHash(`${intent.id} ${key}`)}`;
  const path = `/apis/batch/v1/namespaces/${namespace}/jobs`;
  const found = await cluster.get(`${path}/${name}`);
  if (found !== undefined) return readJob(found);
  const labels = ownLabels(config.policy.name, stage.name, 'verification');
  const body = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace, labels },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: Math.ceil(config.policy.rollout.progressDeadline / 1000),
      ttlSecondsAfterFinished: KEPT_SECONDS,
      template: { metadata: { labels }, spec: pod },
    },
  };
  try {
    return readJob(await cluster.create(path, body));
  } catch (error) {
    // An earlier look made it, and its answer was lost.
    if (error instanceof ConflictError) return { result: 'unknown', why: `Job ${name} has not been looked at yet` };
    throw error;
  }
}

/** What the state of a Job says. */
function readJob({ metadata: { name }, status }: KubernetesObject): Outcome {
  const conditions = dig(status, 'conditions');
  const list: readonly unknown[] = Array.isArray(conditions) ? conditions : [];
  const isTrue = (type: string) => list.find((each) => dig(each, 'type') === type && dig(each, 'status') === 'True');
  const failed = isTrue('Failed');
  if (isTrue('Complete') !== undefined) return { result: 'holds', why: `Job ${name} succeeded` };
  if (failed !== undefined) return { result: 'fails', why: `Job ${name} failed: ${String(dig(failed, 'message') ?? 'no reason given')}` };
  return { result: 'unknown', why: `Job ${name} has not finished` };
}
