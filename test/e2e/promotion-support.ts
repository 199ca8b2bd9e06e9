import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addScan } from '../../src/gate/build-evidence.js';
import { joinFindings } from '../../src/gate/join.js';
import { judgeFindings } from '../../src/gate/judge.js';
import { parseEvidence } from '../../src/gate/parse-evidence.js';
import { loadLock } from '../../src/lock/parse.js';
import type { Deployment, Manifest } from '../../src/manifest/manifest.js';
import { names } from '../../src/manifest/names.js';
import { toYaml } from '../../src/manifest/yaml.js';
import { planStage } from '../../src/plan.js';
import { loadPolicy } from '../../src/policy/load.js';
import type { PolicyDocument } from '../../src/policy/policy.js';
import type { PromotionState } from '../../src/promotion/state.js';
import { web as reports } from '../gate/support.js';
import { digestOf, kubectl, kubectlJson, REGISTRY } from './cluster.js';

export const STAGING = 'promo-staging';
export const PRODUCTION = 'promo-production';
export const PROMOTION = names.promotion('production');
export const REFERENCE = `${REGISTRY}/web:1`;
export const REPOSITORY = `${REGISTRY}/web`;
export const EVIDENCE = names.evidence(REPOSITORY);

const directory = mkdtempSync(join(tmpdir(), 'patchway-promotion-'));
export const POLICY_FILE = join(directory, 'patch-policy.json');
export const LOCK_FILE = join(directory, 'images.lock.yaml');

export function writePolicy(soak: string): void {
  const policy = {
    name: 'promo',
    scan: { schedule: '0 3 * * *', scanners: [{ kind: 'grype' }, { kind: 'trivy' }] },
    gate: { deadlines: { critical: '7d', high: '14d', medium: '90d' }, exploited: { deadline: '3d' } },
    rollout: { maxSurge: 1, minReady: '2s', progressDeadline: '25s', drain: '5s' },
    stages: [
      { name: 'staging', namespace: STAGING },
      { name: 'production', namespace: PRODUCTION, after: ['staging'], soak },
    ],
    monitoring: { prometheus: 'rules-file', exporter: false },
  };
  writeFileSync(POLICY_FILE, JSON.stringify(policy));
}

/** A lock that names tags of the test registry's `web`. */
export function writeLock(tags: { readonly staging: string; readonly production: string }): void {
  const entry = (tag: string) =>
    `{tag: ${tag}, digest: "${digestOf(`web:${tag}`)}", releasedAt: 2026-10-01T00:00:00Z, releasedFrom: config}`;
  const tool = (name: string, tag: string) => `{image: ${REGISTRY}/${name}, tag: "${tag}", digest: "${digestOf(`${name}:${tag}`)}"}`;
  writeFileSync(
    LOCK_FILE,
    `schemaVersion: 1
images:
  ${REFERENCE}:
    staging: ${entry(tags.staging)}
    production: ${entry(tags.production)}
tools:
  agent: ${tool('node', '20')}
  grype: ${tool('grype', '0.110.0')}
  trivy: ${tool('trivy', '0.74.0')}
`,
  );
}

/** The lock's text with another tag for staging, everything else as it is. */
export function moveStaging(tag: string): void {
  const text = readFileSync(LOCK_FILE, 'utf8');
  const moved = text.replace(/staging: \{tag: [^,]+, digest: "[^"]+"/, `staging: {tag: ${tag}, digest: "${digestOf(`web:${tag}`)}"`);
  if (moved === text) throw new Error(`the lock has no entry for staging, or has ${tag} already`);
  writeFileSync(LOCK_FILE, moved);
}

let bundle: string | undefined;

/** The agent, built for these tests alone. */
export function agentBundle(): string {
  const file = join(directory, 'agent.mjs');
  const flags = ['--bundle', '--minify', '--platform=node', '--format=esm', '--target=node20', `--outfile=${file}`];
  if (bundle === undefined) execFileSync('npx', ['esbuild', 'src/agent/main.ts', ...flags], { stdio: 'ignore' });
  bundle ??= readFileSync(file, 'utf8');
  return bundle;
}

const SERVE = ['httpd', '-f', '-p', '8080', '-h', '/www'];

/** `args`: what the container runs. `web:broken` only sleeps by itself, and serves where it is told to. */
function workloads(args: readonly string[] | undefined): readonly Manifest[] {
  const container = {
    name: 'web',
    image: REFERENCE,
    ...(args === undefined ? {} : { args }),
    ports: [{ name: 'http', containerPort: 8080 }],
    readinessProbe: { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 1 },
    resources: { requests: { cpu: '10m', memory: '16Mi' } },
  };
  const deployment: Deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas: 2,
      template: {
        spec: {
          // httpd ignores SIGTERM.
          terminationGracePeriodSeconds: 10,
          securityContext: { runAsUser: 65532, runAsGroup: 65532 },
          containers: [container],
        },
      },
    },
  };
  const selector = { 'app.kubernetes.io/name': 'web' };
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web' },
    spec: { selector, ports: [{ port: 80, targetPort: 'http' }] },
  };
  return [deployment, service];
}

/** What synthesis makes of policy and lock for a stage. `serve`: as a stage whose own settings hide what is broken. */
export function synthesised(stage: 'staging' | 'production', options: { readonly serve?: boolean } = {}): string {
  const given = workloads(options.serve === true ? SERVE : undefined);
  const plan = planStage({
    policy: loadPolicy(POLICY_FILE),
    stage,
    workloads: given,
    lock: loadLock(LOCK_FILE),
    agentBundle: agentBundle(),
  });
  if (plan.problems.length > 0) throw new Error(JSON.stringify(plan.problems, undefined, 2));
  return toYaml(plan.manifests.map(suspended));
}

/** Jobs are made by the tests alone: a suspended CronJob makes none. */
export function suspended(manifest: Manifest): Manifest {
  return manifest.kind === 'CronJob' ? { ...manifest, spec: { ...(manifest.spec as object), suspend: true } } : manifest;
}

/** Stores what the gate makes of the real scanners' reports on one version as evidence in staging, as a scan does. */
export async function storeEvidence(
  tag: string,
  version = tag,
  { policy, namespace }: { readonly policy: PolicyDocument; readonly namespace: string } = {
    policy: loadPolicy(POLICY_FILE),
    namespace: STAGING,
  },
): Promise<void> {
  const configMap = await kubectlJson<{ data?: Record<string, string> }>(['-n', namespace, 'get', 'configmap', EVIDENCE]);
  const now = Date.now();
  const evidence = addScan(parseEvidence(configMap.data?.evidence), {
    policy,
    repository: REPOSITORY,
    digest: digestOf(`web:${tag}`),
    platforms: {},
    scannedAt: now,
    runs: [
      { kind: 'grype', status: 'ok' },
      { kind: 'trivy', status: 'ok' },
    ],
    findings: judgeFindings(policy.gate, joinFindings(reports(version)), { asOf: now, firstSeen: {} }),
  });
  await kubectl(['replace', '-f', '-'], JSON.stringify({ ...configMap, data: { ...configMap.data, evidence: JSON.stringify(evidence) } }));
}

interface Deployed {
  readonly metadata: { readonly generation: number };
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } } };
}

export async function deployed(namespace: string): Promise<{ readonly tag: string; readonly image: string; readonly generation: number }> {
  const { metadata, spec } = await kubectlJson<Deployed>(['-n', namespace, 'get', 'deployment', 'web']);
  const image = spec.template.spec.containers[0]?.image ?? '';
  return { image, tag: /:([^:@]+)@/.exec(image)?.[1] ?? '', generation: metadata.generation };
}

export async function rolledOut(namespace: string): Promise<void> {
  await kubectl(['-n', namespace, 'rollout', 'status', 'deployment/web', '--timeout=120s']);
}

export async function promotionState(): Promise<{ readonly state: PromotionState | undefined; readonly version: string }> {
  const { data, metadata } = await kubectlJson<{ data?: { state?: string }; metadata: { resourceVersion: string } }>([
    '-n',
    PRODUCTION,
    'get',
    'configmap',
    PROMOTION,
  ]);
  return { state: data?.state === undefined ? undefined : JSON.parse(data.state), version: metadata.resourceVersion };
}

/** What a service account may do in a namespace beside what everybody may: `resource names verbs`, sorted. */
export async function mayDo(namespace: string): Promise<readonly string[]> {
  const account = `system:serviceaccount:${PRODUCTION}:${PROMOTION}`;
  const table = await kubectl(['auth', 'can-i', '--list', '-n', namespace, '--as', account]);
  const everybody = /^(selfsubject\S+\.auth\S+|\s)/;
  return table
    .split('\n')
    .slice(1)
    .filter((row) => row !== '' && !everybody.test(row))
    .map((row) => row.replace(/\s+\[\]\s+/, ' ').replace(/\s+/g, ' '))
    .sort();
}
