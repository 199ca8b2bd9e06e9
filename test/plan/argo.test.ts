import { describe, expect, it } from 'vitest';
import { dig } from '../../src/manifest/dig.js';
import type { Manifest } from '../../src/manifest/manifest.js';
import { planStage } from '../../src/plan.js';
import { definePolicy } from '../../src/policy/define.js';
import type { PolicyInput } from '../../src/policy/input.js';
import { DIGEST, deployment, lock as images, manifest } from '../rollout/fixture.js';

const tool = (image: string) => ({ image, tag: '1', digest: DIGEST });
const lock = { ...images, tools: { agent: tool('docker.io/library/node'), grype: tool('r/grype') } };
const service = manifest('Service', 'web', { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] });
const web = deployment({ spec: { replicas: 3 } });

interface Given {
  readonly strategy?: 'canary' | 'blueGreen';
  readonly workloads?: readonly Manifest[];
}

function planned({ strategy = 'canary', workloads = [web, service] }: Given = {}) {
  const input: PolicyInput<string> = {
    name: 'storefront',
    scan: { schedule: '17 3 * * *', scanners: [{ kind: 'grype' }] },
    gate: { deadlines: { critical: '3d', high: '7d', medium: '30d', low: '90d' } },
    rollout: { strategy },
    stages: [
      { name: 'staging', namespace: 'storefront-staging' },
      { name: 'production', namespace: 'storefront', after: ['staging'], verify: [{ http: { url: 'http://web-preview/healthz' } }] },
    ],
  };
  const { manifests, ...rest } = planStage({ policy: definePolicy(input), stage: 'production', workloads, lock, agentBundle: 'x' });
  return {
    ...rest,
    titles: manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`),
    find: (title: string) => manifests.find(({ kind, metadata }) => `${kind}/${metadata.name}` === title),
  };
}

describe('a stage that Argo Rollouts rolls', () => {
  it('has a Rollout in the place of each Deployment, after all that it needs', () => {
    const { titles, problems, workloads } = planned();
    expect(problems).toEqual([]);
    expect(workloads.map(({ kind, name }) => `${kind}/${name}`)).toEqual(['Rollout/web']);
    expect(titles).not.toContain('Deployment/web');
    const needed = ['ServiceAccount/web', 'Service/web', 'Service/web-preview', 'AnalysisTemplate/patchway-verify-production'];
    const places = [...needed, 'Rollout/web'].map((title) => titles.indexOf(title));
    expect(places).not.toContain(-1);
    expect(places.at(-1)).toBe(Math.max(...places));
  });

  it('has its images locked, its labels and its namespace', () => {
    expect(planned().find('Rollout/web')).toMatchObject({
      metadata: { namespace: 'storefront', labels: { 'patchway.dev/stage': 'production' } },
      spec: { replicas: 3, template: { spec: { serviceAccountName: 'web', containers: [{ image: `ghcr.io/acme/web:1.4.1@${DIGEST}` }] } } },
    });
  });

  it('keeps a budget for the same pods', () => {
    const { find } = planned();
    expect(dig(find('PodDisruptionBudget/web'), 'spec', 'selector')).toEqual(dig(find('Rollout/web'), 'spec', 'selector'));
  });

  it('lets the promoter change the images of the Rollout, and no more', () => {
    const { find } = planned();
    expect(dig(find('Role/patchway-promotion-production'), 'rules')).toContainEqual({
      apiGroups: ['argoproj.io'],
      resources: ['rollouts'],
      verbs: ['get', 'patch'],
      resourceNames: ['web'],
    });
    const policy = find('ValidatingAdmissionPolicy/patchway-promoter.storefront.production.storefront');
    expect(dig(policy, 'spec', 'matchConstraints', 'resourceRules', '0')).toMatchObject({
      apiGroups: ['argoproj.io'],
      resources: ['rollouts'],
    });
  });

  it('leaves to Argo Rollouts the selector of the Service that it switches, and only of that', () => {
    const other = { ...service, metadata: { name: 'other' }, spec: { selector: { app: 'other' }, ports: [{ port: 80 }] } };
    const { find } = planned({ strategy: 'blueGreen', workloads: [web, service, other] });
    expect(find('Service/web')?.spec).toEqual({ ports: [{ port: 80, targetPort: 8080 }] });
    expect(find('Service/other')?.spec).toEqual(other.spec);
    expect(planned().find('Service/web')?.spec).toEqual(service.spec);
  });

  it('rolls other kinds as ever', () => {
    const database = { ...deployment(), kind: 'StatefulSet', metadata: { name: 'database' } };
    expect(planned({ workloads: [database] }).workloads.map(({ kind }) => kind)).toEqual(['StatefulSet']);
  });

  it('says no number of replicas where an autoscaler has the Rollout', () => {
    const scaler = manifest('HorizontalPodAutoscaler', 'web', { scaleTargetRef: { kind: 'Rollout', name: 'web' } });
    const { find, problems } = planned({ workloads: [web, service, scaler] });
    expect(problems).toEqual([]);
    expect(find('Rollout/web')?.spec).not.toHaveProperty('replicas');
  });

  it('is not written where an autoscaler has the Deployment', () => {
    const scaler = manifest('HorizontalPodAutoscaler', 'web', { scaleTargetRef: { kind: 'Deployment', name: 'web' } });
    expect(planned({ workloads: [web, service, scaler] }).problems).toEqual([
      expect.objectContaining({ path: 'HorizontalPodAutoscaler/web spec.scaleTargetRef' }),
    ]);
  });
});
