import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { guardManifests } from '../../src/guard/manifests.js';
import type { ImageLock } from '../../src/lock/lock.js';
import type { Manifest } from '../../src/manifest/manifest.js';
import { definePolicy } from '../../src/policy/define.js';
import { digestOf, eventually, kubectl, kubectlJson, REGISTRY } from './cluster.js';

export const NAMESPACE = 'patchway-e2e-guard';
export const BEFORE = `${NAMESPACE}-staging`;
export const LIST = 'patchway-guard-production';
export const PROMOTER = `system:serviceaccount:${NAMESPACE}:patchway-promotion-production`;
export const KINDS = ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob'] as const;
export const UNCOVERED = `${REGISTRY}/busybox:1.36`;

export const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
export const image = (tag: string) => `${REGISTRY}/web:${tag}@${digestOf(`web:${tag}`)}`;
/** As a digest of a platform of what the lock names. */
export const PLATFORM = digest('a');

const policy = definePolicy({
  name: 'guarded',
  scan: { schedule: '17 3 * * *', scanners: [{ kind: 'grype' }] },
  gate: { deadlines: { critical: '7d', high: '14d', medium: '30d', low: '90d' } },
  stages: [
    { name: 'staging', namespace: BEFORE },
    { name: 'production', namespace: NAMESPACE, after: ['staging'] },
  ],
});

/** The guard of a stage that runs `web:1.0.0`, after one that runs `web:1.0.1`. */
export function guard(): readonly Manifest[] {
  const entry = (tag: string) =>
    ({ tag, digest: digestOf(`web:${tag}`), releasedAt: '2026-10-01T00:00:00Z', releasedFrom: 'config' }) as const;
  const reference = `${REGISTRY}/web:1`;
  const lock: ImageLock = {
    schemaVersion: 1,
    images: { [reference]: { staging: entry('1.0.1'), production: { ...entry('1.0.0'), platforms: { 'linux/amd64': PLATFORM } } } },
    tools: { agent: { image: `${REGISTRY}/node`, tag: '20', digest: digestOf('node:20') } },
  };
  const images = [{ container: 'web', init: false, reference, repository: `${REGISTRY}/web`, ...entry('1.0.0') }];
  const workloads = KINDS.map((kind) => ({ kind, name: kind.toLowerCase(), images }));
  return guardManifests({ policy, stage: policy.stage('production'), workloads, lock, uncovered: [UNCOVERED] });
}

interface Checked {
  readonly metadata: { readonly name: string; readonly generation: number };
  readonly status?: { readonly observedGeneration?: number; readonly typeChecking?: { readonly expressionWarnings?: readonly unknown[] } };
}

/** What the API server finds questionable in the expressions of a policy, once it has looked. */
export async function warningsOf(name: string): Promise<readonly unknown[]> {
  return eventually(`${name} is checked`, async () => {
    const { metadata, status } = await kubectlJson<Checked>(['get', 'validatingadmissionpolicy', name]);
    return status?.observedGeneration === metadata.generation ? (status.typeChecking?.expressionWarnings ?? []) : undefined;
  });
}

export interface PodParts {
  readonly name?: string;
  readonly images?: readonly string[];
  readonly init?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
}

/** A pod within "restricted" that does nothing. */
export function pod({ name = 'pod', images = [image('1.0.0')], init = [], labels = {} }: PodParts): string {
  const securityContext = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    runAsNonRoot: true,
    runAsUser: 65532,
    seccompProfile: { type: 'RuntimeDefault' },
  };
  const containers = (list: readonly string[], prefix: string) =>
    list.map((each, index) => ({ name: `${prefix}${index}`, image: each, securityContext, command: ['sleep', '3600'] }));
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: NAMESPACE, labels },
    spec: {
      terminationGracePeriodSeconds: 0,
      restartPolicy: 'Never',
      initContainers: containers(init, 'i'),
      containers: containers(images, 'c'),
    },
  });
}

/** Answers of the API server, as whoever is named; nobody: as the administrator. */
export type Ask = (
  method: 'GET' | 'PATCH',
  path: string,
  options?: { readonly as?: string; readonly body?: unknown },
) => Promise<{ readonly status: number; readonly body: Record<string, unknown> & { readonly message?: string } }>;

/** The API server through kubectl's proxy: quick enough for hundreds of requests. */
export async function proxied(): Promise<{ readonly ask: Ask; close(): void }> {
  const child = spawn('kubectl', ['proxy', '--port=0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const port = /:(\d+)\s*$/.exec(line.toString())?.[1];
  const ask: Ask = async (method, path, { as, body } = {}) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: {
        ...(as === undefined ? {} : { 'impersonate-user': as }),
        ...(body === undefined ? {} : { 'content-type': 'application/merge-patch+json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  return { ask, close: () => void child.kill() };
}

/** Removes what lives in no namespace. */
export async function removePolicies(): Promise<void> {
  for (const kind of ['validatingadmissionpolicybinding', 'validatingadmissionpolicy']) {
    await kubectl(['delete', kind, '-l', 'patchway.dev/policy=guarded', '--ignore-not-found']);
  }
}
