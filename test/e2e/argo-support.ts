import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { planCapabilities } from '../../src/capabilities.js';
import type { ImageLock } from '../../src/lock/lock.js';
import { applyEdits } from '../../src/manifest/edit.js';
import type { Manifest } from '../../src/manifest/manifest.js';
import { inNamespace } from '../../src/manifest/scope.js';
import { toYaml } from '../../src/manifest/yaml.js';
import { planStage } from '../../src/plan.js';
import { definePolicy } from '../../src/policy/define.js';
import type { PolicyInput } from '../../src/policy/input.js';
import type { PolicyDocument } from '../../src/policy/policy.js';
import { adopt } from '../../src/rollout/adopt.js';
import { apply, digestOf, eventually, exec, kubectl, kubectlJson, REGISTRY } from './cluster.js';
import { agentBundle, REFERENCE, suspended } from './promotion-support.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** The test cluster's own program, beside the repository: it builds the controller where there is none. */
const CLUSTER = join(root, '../shared/cluster/cluster');

/** Whether Argo Rollouts' controller is to be had: named by PATCHWAY_TEST_ARGO_ROLLOUTS, or built by the test cluster. In CI it must be. */
export function hasArgo(): boolean {
  const present = process.env.PATCHWAY_TEST_ARGO_ROLLOUTS !== undefined || existsSync(CLUSTER);
  if (!present && process.env.CI !== undefined) throw new Error('PATCHWAY_TEST_ARGO_ROLLOUTS must be set in CI');
  if (!present) console.warn('tests with Argo Rollouts skipped: set PATCHWAY_TEST_ARGO_ROLLOUTS to run them');
  return present;
}

let controller: ChildProcess | undefined;

/** Installs the kinds of Argo Rollouts, and runs its controller on this machine. */
export async function startArgo(): Promise<void> {
  await kubectl(['apply', '--server-side', '--force-conflicts', '-f', join(root, '../shared/crds/argo-rollouts')]);
  await exec('kubectl', ['create', 'namespace', 'argo-rollouts']);
  const args = ['--kubeconfig', process.env.KUBECONFIG ?? '', '--healthzPort=18080', '--metricsport=18090', '--loglevel=error'];
  controller = spawn(await controllerPath(), args, { stdio: 'ignore' });
}

export function stopArgo(): void {
  controller?.kill();
}

async function controllerPath(): Promise<string> {
  const named = process.env.PATCHWAY_TEST_ARGO_ROLLOUTS;
  if (named !== undefined) return named;
  const built = await exec(CLUSTER, ['tool', 'argo-rollouts']);
  const path = built.stdout.trim().split('\n').at(-1);
  if (built.code !== 0 || path === undefined || path === '') throw new Error(`Argo Rollouts could not be built: ${built.stderr}`);
  return path;
}

export interface Release {
  readonly namespace: string;
  readonly strategy: 'canary' | 'blueGreen';
  readonly tag: string;
  /** What the version that is not live yet must answer with. @default it is not asked */
  readonly says?: string;
}

export interface Written {
  /** Of the Deployment itself. @default none: the stage says how many there are */
  readonly replicas?: number;
  /** Containers serve whatever the image does by itself. @default false */
  readonly serve?: boolean;
}

export function argoPolicy({ namespace, strategy, says }: Omit<Release, 'tag'>, stages?: PolicyInput<string>['stages']): PolicyDocument {
  const verify = says === undefined ? {} : { verify: [{ http: { url: 'http://web-preview/', body: says } }] };
  return definePolicy({
    name: 'argo',
    scan: { schedule: '0 3 * * *', scanners: [{ kind: 'grype' }] },
    gate: { deadlines: { critical: '7d' }, onMissingEvidence: 'warn' },
    rollout: { strategy, maxSurge: 1, minReady: '1s', progressDeadline: '30s', drain: '2s' },
    stages: stages ?? [{ name: 'production', namespace, replicas: 3, ...verify }],
    monitoring: { prometheus: 'rules-file', exporter: false },
  } as Parameters<typeof definePolicy>[0]);
}

/** A web service as a person would write it. */
function web({ replicas, serve = false }: Written = {}): readonly Manifest[] {
  const labels = { app: 'web' };
  const container = {
    name: 'web',
    image: REFERENCE,
    // `web:broken` only sleeps by itself.
    ...(serve ? { args: ['httpd', '-f', '-p', '8080', '-h', '/www'] } : {}),
    ports: [{ name: 'http', containerPort: 8080 }],
    readinessProbe: { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 1 },
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
  };
  const pod = {
    securityContext: { runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532, seccompProfile: { type: 'RuntimeDefault' } },
    // httpd ignores SIGTERM.
    terminationGracePeriodSeconds: 1,
    containers: [container],
  };
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: {
        ...(replicas === undefined ? {} : { replicas }),
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: pod },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
    },
  ];
}

export function lockOf(tag: string, stages: readonly string[] = ['production']): ImageLock {
  const entry = { tag, digest: digestOf(`web:${tag}`), releasedAt: '2026-10-01T00:00:00Z', releasedFrom: 'config' } as const;
  const tool = (name: string, version: string) => ({ image: `${REGISTRY}/${name}`, tag: version, digest: digestOf(`${name}:${version}`) });
  return {
    schemaVersion: 1,
    images: { [REFERENCE]: Object.fromEntries(stages.map((stage) => [stage, entry])) },
    tools: { agent: tool('node', '20'), grype: tool('grype', '0.110.0') },
  };
}

/** Applies what synthesis makes of a version of the web service. */
export async function release(given: Release): Promise<void> {
  await deploy(argoPolicy(given), 'production', lockOf(given.tag));
}

/** The same on manifests that exist already: the Deployment stays, and what goes beside it is added. */
export async function releaseAdopted(given: Release, written: Written = {}): Promise<void> {
  const policy = argoPolicy(given);
  const stage = policy.stages.find(({ name }) => name === 'production');
  if (stage === undefined) throw new Error('no stage');
  const lock = lockOf(given.tag);
  const manifests = web(written).map((manifest) => inNamespace(manifest, given.namespace));
  const adopted = manifests.map((manifest) => ({ manifest, ...adopt({ policy, stage, lock, manifest, beside: manifests }) }));
  const workloads = adopted.flatMap(({ workload }) => workload ?? []);
  const planned = planCapabilities({ policy, stage, workloads, lock, agentBundle: agentBundle() }, ['verification']);
  const all = adopted.flatMap(({ manifest, edits = [], additions = [] }) => [applyEdits(manifest, edits), ...additions]);
  await apply(toYaml([...planned.manifests, ...all]));
}

export async function deploy(policy: PolicyDocument, stage: string, lock: ImageLock, written: Written = {}): Promise<void> {
  const plan = planStage({ policy, stage, workloads: web(written), lock, agentBundle: agentBundle() });
  if (plan.problems.length > 0) throw new Error(JSON.stringify(plan.problems, undefined, 2));
  await apply(toYaml(plan.manifests.map(suspended)));
}

interface Rollout {
  readonly metadata: { readonly generation: number };
  readonly status?: {
    readonly observedGeneration?: string;
    readonly phase?: string;
    readonly message?: string;
    readonly currentStepIndex?: number;
  };
}

/** Waits until the Rollout is in a phase, and returns it. */
export async function reaches(namespace: string, phase: 'Healthy' | 'Degraded', seconds = 120): Promise<Rollout['status']> {
  return eventually(
    `Rollout ${namespace}/web ${phase}`,
    async () => {
      const { metadata, status } = await kubectlJson<Rollout>(['-n', namespace, 'get', 'rollout', 'web']);
      if (Number(status?.observedGeneration) !== metadata.generation) throw new Error('not seen yet');
      if (status?.phase !== phase) throw new Error(`${status?.phase}: ${status?.message}`);
      return status;
    },
    seconds,
  );
}

/** What answers behind a Service. */
export async function answer(namespace: string, service = 'web'): Promise<string> {
  return (await kubectl(['get', '--raw', `/api/v1/namespaces/${namespace}/services/${service}:80/proxy/`])).trim();
}

/** The tags that the pods of the web service run, sorted. */
export async function running(namespace: string): Promise<readonly string[]> {
  interface Pod {
    readonly metadata: { readonly deletionTimestamp?: string };
    readonly spec: { readonly containers: readonly { readonly image: string }[] };
  }
  const { items } = await kubectlJson<{ items: readonly Pod[] }>(['-n', namespace, 'get', 'pods', '-l', 'app=web']);
  return items
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ spec }) => /:([^:@]+)@/.exec(spec.containers[0]?.image ?? '')?.[1] ?? '')
    .sort();
}

/** The phases of a namespace's analyses, in the order in which they began. */
export async function analyses(namespace: string): Promise<readonly string[]> {
  interface Run {
    readonly metadata: { readonly creationTimestamp: string };
    readonly status?: { readonly phase?: string };
  }
  const { items } = await kubectlJson<{ items: readonly Run[] }>([
    '-n',
    namespace,
    'get',
    'analysisruns',
    '--sort-by=.metadata.creationTimestamp',
  ]);
  return items.map(({ status }) => status?.phase ?? '');
}
