import type { KubernetesObject } from '../../../src/agent/kubernetes.js';
import { dig } from '../../../src/manifest/dig.js';
import { workloadKindOf, workloadPath } from '../../../src/manifest/kinds.js';
import type { Manifest } from '../../../src/manifest/manifest.js';
import { planStage } from '../../../src/plan.js';
import { definePolicy } from '../../../src/policy/define.js';
import type { PolicyInput } from '../../../src/policy/input.js';
import { DIGEST, deployment, entry, lock as images } from '../../rollout/fixture.js';

export const POLICY = {
  name: 'storefront',
  scan: { schedule: '17 3 * * *', scanners: [{ kind: 'grype' }] },
  gate: { deadlines: { critical: '7d', high: '14d', medium: '30d', low: '90d' } },
  stages: [
    { name: 'staging', namespace: 'shop-staging' },
    { name: 'production', namespace: 'shop', after: ['staging'] },
  ],
} as const;
export const policy = definePolicy(POLICY);
export const PLATFORM = `sha256:${'d'.repeat(64)}`;
const tool = (image: string) => ({ image, tag: '1', digest: DIGEST });
export const lock = {
  ...images,
  images: {
    'ghcr.io/acme/web:1.4': {
      staging: { ...entry, platforms: { 'linux/amd64': PLATFORM } },
      production: { ...entry, tag: '1.4.1', platforms: { 'linux/amd64': PLATFORM } },
    },
  },
  tools: { agent: tool('node'), grype: tool('r/grype') },
};

/** A cluster that has exactly what synthesis wrote for a stage; objects can then be changed. */
export function clusterOf(stage: 'staging' | 'production', changes: Partial<PolicyInput<string>> = {}, beside: readonly Manifest[] = []) {
  const plan = planStage({
    policy: definePolicy({ ...POLICY, ...changes }),
    stage,
    workloads: [deployment({ spec: { replicas: 2 } }), ...beside],
    lock,
    agentBundle: 'x',
  });
  const objects = new Map(plan.manifests.map((manifest) => [pathOf(manifest), asServed(manifest)]));
  const lists = new Map<string, readonly Manifest[]>();
  const { namespace } = policy.stage(stage);
  const web = workloadPath('Deployment', namespace, 'web');
  const rollout = workloadPath('Rollout', namespace, 'web');
  return {
    web,
    rollout,
    namespace,
    objects,
    lists,
    change: (change: (found: Manifest) => Manifest) => objects.set(web, change(objects.get(web) as Manifest)),
    get: async (path: string): Promise<KubernetesObject | undefined> => {
      if (/\/(pods|poddisruptionbudgets|horizontalpodautoscalers|persistentvolumeclaims)$/.test(path))
        return { metadata: { name: '' }, items: lists.get(path.slice(path.lastIndexOf('/') + 1)) ?? [] };
      return objects.get(path);
    },
    close: () => undefined,
  };
}

/** A pod as the Deployment makes it. */
export function podOf(found: Manifest, name: string, image?: string): Manifest {
  const template = dig(found, 'spec', 'template') as Manifest;
  const container = dig(template, 'spec', 'containers', '0') as Readonly<Record<string, unknown>>;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...template.metadata, name },
    spec: { nodeName: 'node-1', containers: [{ ...container, ...(image === undefined ? {} : { image }) }] },
  };
}

/** With a status that says that its rollout is over. */
function asServed(manifest: Manifest): Manifest {
  if (manifest.kind !== 'Deployment') return manifest;
  const replicas = dig(manifest, 'spec', 'replicas');
  return {
    ...manifest,
    metadata: { ...manifest.metadata, generation: 1 },
    status: { observedGeneration: 1, replicas, updatedReplicas: replicas, availableReplicas: replicas },
  };
}

function pathOf(manifest: Manifest): string {
  const { kind, metadata } = manifest;
  const namespace = String(metadata.namespace);
  const workload = workloadKindOf(manifest);
  if (workload !== undefined) return workloadPath(workload, namespace, metadata.name);
  return `/api/v1/namespaces/${namespace}/${kind.toLowerCase()}s/${metadata.name}`;
}
