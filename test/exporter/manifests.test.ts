import { describe, expect, it } from 'vitest';
import { exporterManifests } from '../../src/exporter/manifests.js';
import type { Manifest } from '../../src/manifest/manifest.js';
import { names } from '../../src/manifest/names.js';
import type { PolicyDocument } from '../../src/policy/policy.js';
import { api, policy, production, staging, web } from '../rules/storefront.js';

const mount = { image: 'docker.io/library/node:20@sha256:1', bundle: 'patchway-agent-1', config: 'patchway-config-1' };
const make = (monitoring: Partial<PolicyDocument['monitoring']> = {}, stage = production, workloads = [web, api]) =>
  exporterManifests({ policy: { ...policy, monitoring: { ...policy.monitoring, ...monitoring } }, stage, workloads, mount });
const kind = (manifests: readonly Manifest[], name: string): Manifest => {
  const found = manifests.find((m) => m.kind === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
};

describe('the exporter of a stage', () => {
  it('is one of each, in the namespace of the stage', () => {
    const manifests = make();
    expect(manifests.map((m) => m.kind)).toEqual(['ServiceAccount', 'Role', 'RoleBinding', 'Deployment', 'Service', 'ServiceMonitor']);
    for (const { metadata } of manifests) expect(metadata).toMatchObject({ name: 'patchway-exporter-production', namespace: 'storefront' });
  });

  it('may get the objects it reads, by name, list pods, and nothing else', () => {
    expect(kind(make(), 'Role').rules).toEqual([
      {
        apiGroups: [''],
        resources: ['configmaps'],
        verbs: ['get'],
        resourceNames: [names.evidence('ghcr.io/acme/web'), 'patchway-promotion-production'],
      },
      { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'], resourceNames: ['api', 'web'] },
      { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
    ]);
  });

  it('reads no promotion where nothing is promoted to', () => {
    expect(JSON.stringify(kind(make({}, staging), 'Role').rules)).not.toContain('patchway-promotion');
  });

  it('has no grant without names, which would be one for everything', () => {
    const unguarded = { ...policy, promotion: { ...policy.promotion, guard: false } } as const;
    const manifests = exporterManifests({ policy: unguarded, stage: staging, workloads: [], mount });
    expect(kind(manifests, 'Role').rules).toEqual([]);
  });

  it('runs one restricted pod that is ready when it answers', () => {
    const { spec } = kind(make(), 'Deployment') as Manifest & { spec: Record<string, never> };
    expect(spec).toMatchObject({
      replicas: 1,
      template: {
        spec: {
          serviceAccountName: 'patchway-exporter-production',
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [
            {
              name: 'export',
              image: mount.image,
              ports: [{ name: 'metrics', containerPort: 9464 }],
              readinessProbe: { httpGet: { path: '/healthz', port: 'metrics' } },
              securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
              resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '256Mi' } },
            },
          ],
        },
      },
    });
  });

  it('is selected by what never changes, of its own stage only', () => {
    const selector = {
      'app.kubernetes.io/name': 'patchway-exporter',
      'patchway.dev/policy': 'storefront',
      'patchway.dev/stage': 'production',
    };
    const manifests = make();
    expect(kind(manifests, 'Deployment')).toMatchObject({
      spec: { selector: { matchLabels: selector }, template: { metadata: { labels: selector } } },
    });
    expect(kind(manifests, 'Service')).toMatchObject({ spec: { selector, ports: [{ name: 'metrics', port: 9464 }] } });
  });

  it("is found by the operator, which keeps the metrics' own labels", () => {
    const manifests = make();
    expect(kind(manifests, 'ServiceMonitor')).toMatchObject({
      apiVersion: 'monitoring.coreos.com/v1',
      spec: { endpoints: [{ port: 'metrics', honorLabels: true }], selector: { matchLabels: { 'patchway.dev/stage': 'production' } } },
    });
    expect(kind(manifests, 'Service').metadata).not.toHaveProperty('annotations');
  });

  it('is found by annotations without the operator', () => {
    const manifests = make({ prometheus: 'rules-file' });
    expect(manifests.map((m) => m.kind)).not.toContain('ServiceMonitor');
    expect(kind(manifests, 'Service').metadata.annotations).toEqual({
      'prometheus.io/scrape': 'true',
      'prometheus.io/port': '9464',
      'prometheus.io/path': '/metrics',
    });
  });

  it('is not made where the policy wants none', () => {
    expect(make({ exporter: false })).toEqual([]);
  });
});
