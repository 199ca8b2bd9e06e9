import { type Capability, planCapabilities } from '../../src/capabilities.js';
import type { ImageLock, LockEntry } from '../../src/lock/lock.js';
import { type WorkloadKind, workloadPath } from '../../src/manifest/kinds.js';
import type { Manifest } from '../../src/manifest/manifest.js';
import type { WorkloadSummary } from '../../src/manifest/stage-config.js';
import { toYaml } from '../../src/manifest/yaml.js';
import { definePolicy } from '../../src/policy/define.js';
import type { PolicyDocument } from '../../src/policy/policy.js';
import { apply, digestOf, jobLogs, kubectl, REGISTRY, runCronJob } from './cluster.js';
import { agentBundle, REFERENCE, REPOSITORY, suspended } from './promotion-support.js';

/** A workload of the test's: one per kind. */
export interface Rolled {
  readonly kind: WorkloadKind;
  readonly name: string;
  /** @default 3 */
  readonly replicas?: number;
}

export interface KindsPolicy {
  /** Also the prefix of its namespaces. */
  readonly name: string;
  readonly stages: readonly { readonly name: string; readonly namespace: string; readonly after?: readonly string[] }[];
  readonly autoRollback: boolean | 'watch';
  /** @default 20s */
  readonly progressDeadline?: `${number}s`;
}

export function kindsPolicy({ name, stages, autoRollback, progressDeadline = '20s' }: KindsPolicy): PolicyDocument {
  return definePolicy({
    name,
    scan: { schedule: '0 3 * * *', scanners: [{ kind: 'grype' }, { kind: 'trivy' }] },
    gate: { deadlines: { critical: '7d' }, onMissingEvidence: 'warn' },
    rollout: { maxSurge: 1, minReady: '1s', progressDeadline, drain: '3s', autoRollback },
    stages: stages.map(({ after = [], ...stage }) => ({ ...stage, after, ...(after.length === 0 ? {} : { soak: '0s' }) })),
    monitoring: { prometheus: 'rules-file', exporter: false },
  } as Parameters<typeof definePolicy>[0]);
}

const image = (tag: string) => `${REPOSITORY}:${tag}@${digestOf(`web:${tag}`)}`;

/** `web:broken` only sleeps by itself, and serves where it is told to. */
const SERVE = ['httpd', '-f', '-p', '8080', '-h', '/www'];

export interface Written {
  readonly policy: PolicyDocument;
  readonly namespace: string;
  readonly workload: Rolled;
  readonly tag: string;
  /** Serves whatever the image does by itself. @default false */
  readonly serve?: boolean;
}

/** A workload with the settings of the policy that its kind has, and the Service of its pods. */
export function workloadManifests({ policy, namespace, workload, tag, serve = false }: Written): readonly Manifest[] {
  const { kind, name, replicas = 3 } = workload;
  const labels = { app: name };
  const { minReady, drain, progressDeadline } = policy.rollout;
  const container = {
    name: 'web',
    image: image(tag),
    ...(serve ? { args: SERVE } : {}),
    ports: [{ name: 'http', containerPort: 8080 }],
    ...(kind === 'CronJob' ? {} : { readinessProbe: { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 1 } }),
    ...(kind === 'CronJob' ? {} : { lifecycle: { preStop: { sleep: { seconds: drain / 1000 } } } }),
    resources: { requests: { cpu: '10m', memory: '16Mi' } },
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
  };
  const pod = {
    securityContext: { runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532, seccompProfile: { type: 'RuntimeDefault' } },
    automountServiceAccountToken: false,
    // httpd ignores SIGTERM.
    terminationGracePeriodSeconds: 5,
    ...(kind === 'CronJob' ? { restartPolicy: 'Never' } : {}),
    containers: [container],
  };
  const template = { metadata: { labels }, spec: pod };
  const common = { selector: { matchLabels: labels }, minReadySeconds: minReady / 1000, template };
  const specs: Readonly<Record<WorkloadKind, object>> = {
    Deployment: {
      ...common,
      replicas,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      progressDeadlineSeconds: progressDeadline / 1000,
    },
    StatefulSet: { ...common, replicas, serviceName: name, updateStrategy: { type: 'RollingUpdate' } },
    DaemonSet: { ...common, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } },
    CronJob: { schedule: '0 0 31 2 *', jobTemplate: { spec: { backoffLimit: 0, template } } },
    Rollout: { ...common, replicas, strategy: { canary: { steps: [{ setWeight: 50 }, { pause: { duration: '2s' } }] } } },
  };
  const [, , group, version] = workloadPath(kind, namespace, name).split('/');
  return [
    { apiVersion: `${group}/${version}`, kind, metadata: { name, namespace }, spec: specs[kind] },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace },
      spec: { selector: labels, ports: [{ port: 80, targetPort: 'http' }] },
    },
  ];
}

export interface StageOf {
  readonly policy: PolicyDocument;
  readonly stage: string;
  readonly workloads: readonly Rolled[];
  /** What the lock names for this stage. */
  readonly tag: string;
  /** @default promotion */
  readonly capabilities?: readonly Capability[];
}

/** The promotion's objects of a stage, with Jobs only where the test makes them. */
export function stageManifests({ policy, stage: name, workloads, tag, capabilities = ['promotion'] }: StageOf): readonly Manifest[] {
  const stage = policy.stages.find((each) => each.name === name);
  if (stage === undefined) throw new Error(`no stage ${name}`);
  const entry = (named: string): LockEntry => ({
    tag: named,
    digest: digestOf(`web:${named}`),
    releasedAt: '2026-10-01T00:00:00Z',
    releasedFrom: 'config',
  });
  const tool = (tool: string, version: string) => ({ image: `${REGISTRY}/${tool}`, tag: version, digest: digestOf(`${tool}:${version}`) });
  const lock: ImageLock = {
    schemaVersion: 1,
    images: { [REFERENCE]: { [name]: entry(tag) } },
    tools: { agent: tool('node', '20'), grype: tool('grype', '0.110.0'), trivy: tool('trivy', '0.74.0') },
  };
  const summaries = workloads.map(({ kind, name: workload, replicas = 3 }): WorkloadSummary => {
    const { digest, releasedAt } = entry(tag);
    const images = [{ container: 'web', init: false, reference: REFERENCE, repository: REPOSITORY, tag, digest, releasedAt }];
    return { kind, name: workload, images, ...(kind === 'StatefulSet' ? { replicas } : {}) };
  });
  const plan = planCapabilities({ policy, stage, workloads: summaries, lock, agentBundle: agentBundle() }, capabilities);
  if (plan.problems.length > 0) throw new Error(JSON.stringify(plan.problems, undefined, 2));
  return plan.manifests.map(suspended);
}

export async function applyAll(manifests: readonly Manifest[]): Promise<void> {
  await apply(toYaml(manifests));
}

export async function rolledOut(namespace: string, { kind, name }: Rolled): Promise<void> {
  await kubectl(['-n', namespace, 'rollout', 'status', `${kind}/${name}`, '--timeout=180s']);
}

/** The tag that a workload names. */
export async function tagOf(namespace: string, { kind, name }: Rolled): Promise<string> {
  const inner = kind === 'CronJob' ? '.spec.jobTemplate.spec.template' : '.spec.template';
  const written = await kubectl(['-n', namespace, 'get', `${kind}/${name}`, '-o', `jsonpath={${inner}.spec.containers[0].image}`]);
  return /:([^:@]+)@/.exec(written)?.[1] ?? written;
}

let jobs = 0;

/** One run of a stage's CronJob: what it said. */
export async function runPromotion(namespace: string, stage: string): Promise<string> {
  jobs += 1;
  const job = `run-${jobs}`;
  const end = await runCronJob(namespace, `patchway-promotion-${stage}`, job);
  const log = await jobLogs(namespace, job);
  if (end !== 'Complete') throw new Error(`${job}: ${end}\n${log}`);
  return log;
}
