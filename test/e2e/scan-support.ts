import { agentBundle } from '../../src/agent-bundle.js';
import type { Evidence } from '../../src/gate/evidence.js';
import { decodeFirstSeen } from '../../src/gate/first-seen.js';
import { parseEvidence } from '../../src/gate/parse-evidence.js';
import type { ImageLock } from '../../src/lock/lock.js';
import { agentConfigMap, stageConfigMap } from '../../src/manifest/agent-config.js';
import type { Manifest } from '../../src/manifest/manifest.js';
import { names } from '../../src/manifest/names.js';
import type { WorkloadSummary } from '../../src/manifest/stage-config.js';
import type { PolicyDocument, ScanPolicy, Stage } from '../../src/policy/policy.js';
import { scanManifests } from '../../src/scan/manifests.js';
import { policy } from '../scan/fixture.js';
import { apply, digestOf, GRYPE_DB, kubectl, kubectlJson, REGISTRY, TRIVY_DB } from './cluster.js';

export const SCANNERS: ScanPolicy['scanners'] = [
  { kind: 'grype', args: [], database: GRYPE_DB },
  { kind: 'trivy', args: [], database: TRIVY_DB },
];

/** A policy whose verdicts count under its own hash. */
export function testPolicy(scan: Partial<ScanPolicy> = {}): PolicyDocument {
  const document = policy({ scan: { timeout: 5 * 60_000, scanners: SCANNERS, ...scan } });
  return { ...document, name: 'scan-test', hash: JSON.stringify(scan) };
}

export function stageIn(namespace: string): Stage {
  return { name: 'test', namespace, after: [], soak: 0, windows: [] };
}

/** A workload with one container `web`, its image locked to a tag of the test registry's `web`. */
export function webWorkload(lockedTag: string, repository = `${REGISTRY}/web`, digest = digestOf(`web:${lockedTag}`)): WorkloadSummary {
  const image = { container: 'web', init: false, reference: `${repository}:1`, repository, tag: lockedTag, digest };
  return { kind: 'Deployment', name: 'web', images: [{ ...image, releasedAt: '2026-10-01T00:00:00Z' }] };
}

function tool(name: string, tag: string) {
  return { image: `${REGISTRY}/${name}`, tag, digest: digestOf(`${name}:${tag}`) };
}

/** Applies what synthesis makes of a policy and workloads for scans, strictly validated. Returns the objects. */
export async function applyScan(namespace: string, document: PolicyDocument, workloads: readonly WorkloadSummary[]) {
  const stage = stageIn(namespace);
  const code = agentConfigMap(document.name, stage.name, namespace, agentBundle());
  const config = stageConfigMap({ schemaVersion: 1, policy: document, stage: stage.name, workloads }, namespace);
  const tools = { agent: tool('node', '20'), trivy: tool('trivy', '0.74.0'), grype: tool('grype', '0.110.0') };
  const lock: ImageLock = { schemaVersion: 1, images: {}, tools };
  const mount = {
    image: `${tools.agent.image}:${tools.agent.tag}@${tools.agent.digest}`,
    bundle: code.metadata.name,
    config: config.metadata.name,
  };
  const manifests = [code, config, ...scanManifests({ policy: document, stage, workloads, lock, mount })];
  await apply(list(manifests));
  return manifests;
}

export function list(items: readonly (Manifest | Readonly<Record<string, unknown>>)[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

/** The scan's CronJob in every namespace here. */
export const CRON_JOB = names.scan('test');

/** What is stored about a repository. */
export async function storedIn(namespace: string, repository = `${REGISTRY}/web`) {
  const configMap = await kubectlJson<{ data?: Record<string, string>; binaryData?: Record<string, string> }>([
    '-n',
    namespace,
    'get',
    'configmap',
    names.evidence(repository),
  ]);
  const evidence: Evidence | undefined = parseEvidence(configMap.data?.evidence);
  return { evidence, firstSeen: decodeFirstSeen(configMap.binaryData?.firstSeen) };
}

/** Deploys a tag of the test registry's `web`, as a pod under "restricted", and waits until it runs. */
export async function deployWeb(namespace: string, tag: string): Promise<string> {
  const digest = digestOf(`web:${tag}`);
  const labels = { app: 'web' };
  const container = {
    name: 'web',
    image: `${REGISTRY}/web:${tag}@${digest}`,
    readinessProbe: { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 1 },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  };
  const securityContext = { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } };
  const spec = {
    replicas: 1,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { securityContext, containers: [container] } },
  };
  await apply(JSON.stringify({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace }, spec }));
  await kubectl(['-n', namespace, 'rollout', 'status', 'deployment/web', '--timeout=120s']);
  return digest;
}
