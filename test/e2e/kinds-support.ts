import type { ImageLock } from '../../src/lock/lock.js';
import type { WorkloadKind } from '../../src/manifest/kinds.js';
import type { Manifest } from '../../src/manifest/manifest.js';
import { toYaml } from '../../src/manifest/yaml.js';
import { planStage } from '../../src/plan.js';
import { definePolicy } from '../../src/policy/define.js';
import type { PolicyDocument } from '../../src/policy/policy.js';
import { apply, digestOf, jobLogs, kubectl, REGISTRY, runCronJob } from './cluster.js';
import { agentBundle, REFERENCE, suspended } from './promotion-support.js';

/** A workload of the test's: one per kind. */
export interface Rolled {
  readonly kind: Exclude<WorkloadKind, 'Rollout'>;
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
  /** @default false */
  readonly guard?: boolean;
}

export function kindsPolicy({ name, stages, autoRollback, progressDeadline = '20s', guard = false }: KindsPolicy): PolicyDocument {
  return definePolicy({
    name,
    scan: { schedule: '0 3 * * *', scanners: [{ kind: 'grype' }, { kind: 'trivy' }] },
    gate: { deadlines: { critical: '7d' }, onMissingEvidence: 'warn' },
    rollout: { maxSurge: 1, minReady: '1s', progressDeadline, drain: '3s', autoRollback },
    stages: stages.map(({ after = [], ...stage }) => ({ ...stage, after, ...(after.length === 0 ? {} : { soak: '0s' }) })),
    promotion: { guard },
    monitoring: { prometheus: 'rules-file', exporter: false },
  } as Parameters<typeof definePolicy>[0]);
}

/** `web:broken` only sleeps by itself, and serves where it is told to. */
const SERVE = ['httpd', '-f', '-p', '8080', '-h', '/www'];

export interface StageOf {
  readonly policy: PolicyDocument;
  readonly stage: string;
  readonly workloads: readonly Rolled[];
  /** What the lock names for this stage. */
  readonly tag: string;
  /** Containers serve whatever the image does by itself. @default false */
  readonly serve?: boolean;
}

/** What synthesis makes of a stage, with Jobs only where the test makes them: its workloads, and the rest. */
export function synthesised(options: StageOf): { readonly workloads: readonly Manifest[]; readonly rest: readonly Manifest[] } {
  const { policy, stage, workloads, tag, serve = false } = options;
  const given = workloads.flatMap((workload) => workloadManifests(workload, serve));
  const plan = planStage({ policy, stage, workloads: given, lock: lockOf(stage, tag), agentBundle: agentBundle() });
  if (plan.problems.length > 0) throw new Error(JSON.stringify(plan.problems, undefined, 2));
  const isWorkload = (manifest: Manifest) => workloads.some(({ kind, name }) => manifest.kind === kind && manifest.metadata.name === name);
  return { workloads: plan.manifests.filter(isWorkload), rest: plan.manifests.filter((manifest) => !isWorkload(manifest)).map(suspended) };
}

function lockOf(stage: string, tag: string): ImageLock {
  const entry = { tag, digest: digestOf(`web:${tag}`), releasedAt: '2026-10-01T00:00:00Z', releasedFrom: 'config' } as const;
  const tool = (name: string, version: string) => ({ image: `${REGISTRY}/${name}`, tag: version, digest: digestOf(`${name}:${version}`) });
  return {
    schemaVersion: 1,
    images: { [REFERENCE]: { [stage]: entry } },
    tools: { agent: tool('node', '20'), grype: tool('grype', '0.110.0'), trivy: tool('trivy', '0.74.0') },
  };
}

/** A workload as a person would write it, without a word about rollouts, and the Service of its pods. */
function workloadManifests({ kind, name, replicas = 3 }: Rolled, serve: boolean): readonly Manifest[] {
  const labels = { app: name };
  const container = {
    name: 'web',
    image: REFERENCE,
    ...(serve ? { args: SERVE } : {}),
    ports: [{ name: 'http', containerPort: 8080 }],
    ...(kind === 'CronJob' ? {} : { readinessProbe: { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 1 } }),
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
  const common = { selector: { matchLabels: labels }, template };
  const spec: Readonly<Record<Rolled['kind'], object>> = {
    Deployment: { ...common, replicas },
    StatefulSet: { ...common, replicas, serviceName: name },
    DaemonSet: common,
    CronJob: { schedule: '0 0 31 2 *', jobTemplate: { spec: { backoffLimit: 0, template } } },
  };
  return [
    { apiVersion: kind === 'CronJob' ? 'batch/v1' : 'apps/v1', kind, metadata: { name }, spec: spec[kind] },
    { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector: labels, ports: [{ port: 80, targetPort: 'http' }] } },
  ];
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
