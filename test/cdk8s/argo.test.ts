import { Testing } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { Patching, PromotionPipeline, RollingDeployment } from '../../src/cdk8s.js';
import { dig } from '../../src/manifest/dig.js';
import type { RolloutPolicy } from '../../src/policy/policy.js';
import { deployment, manifest } from '../rollout/fixture.js';
import { policy } from './fixture.js';
import { chartIn, included, named, options, plus, titles } from './tree.js';

const by = (strategy: RolloutPolicy['strategy']) => ({ ...policy, rollout: { ...policy.rollout, strategy } });
const service = manifest('Service', 'web', { selector: { app: 'web' }, ports: [{ port: 80 }] });

describe('Argo Rollouts in a cdk8s app', () => {
  it('takes the pods of a Deployment that exists, by a Rollout beside it', () => {
    const chart = chartIn('storefront');
    included(chart, deployment(), service);
    Patching.apply(chart, by('canary'), options);
    const all = Testing.synth(chart);
    expect(titles(all)).toEqual(
      expect.arrayContaining(['Deployment/web', 'Rollout/web', 'PodDisruptionBudget/web', 'Service/web-preview']),
    );
    expect(named(all, 'Rollout/web')).toMatchObject({
      metadata: { namespace: 'storefront' },
      spec: { workloadRef: { kind: 'Deployment', name: 'web' }, strategy: { canary: { canaryService: 'web-preview' } } },
    });
    expect(
      Patching.of(chart)
        .coverage()
        .map(({ object, state }) => `${object} ${state}`),
    ).toEqual(['Deployment/web covered']);
  });

  it('finds the name of a Deployment of cdk8s-plus', () => {
    const chart = chartIn('storefront');
    plus(chart, 'web');
    Patching.apply(chart, by('canary'), options);
    expect(dig(named(Testing.synth(chart), 'Rollout/web'), 'spec', 'workloadRef', 'name')).toBe('web');
  });

  it('rolls what is described here in the place of a Deployment, and has the selector of its Service', () => {
    const chart = chartIn('storefront');
    const described = { image: 'ghcr.io/acme/web:1.4', ports: [{ name: 'http', port: 8080 }], readiness: { http: '/healthz' } };
    const { workload } = new RollingDeployment(chart, 'web', { ...options, policy: by('blueGreen'), ...described });
    const all = Testing.synth(chart);
    expect(workload.kind).toBe('Rollout');
    expect(titles(all)).not.toContain('Deployment/web');
    expect(dig(named(all, 'Rollout/web'), 'spec', 'strategy', 'blueGreen')).toMatchObject({
      activeService: 'web',
      previewService: 'web-preview',
    });
    expect(named(all, 'Service/web')?.spec).not.toHaveProperty('selector');
  });

  it('is told by the pipeline how a version is verified', () => {
    const chart = chartIn('storefront');
    const verified = by('canary');
    const stages = verified.stages.map((stage) => ({
      ...stage,
      verify: [{ kind: 'http', url: 'http://web-preview', status: 200 }] as const,
    }));
    const stage = (name: 'staging' | 'production') => ({ ...verified.stage(name), verify: stages[0]?.verify ?? [] });
    const image = {
      container: 'web',
      init: false,
      reference: 'ghcr.io/acme/web:1.4',
      repository: 'ghcr.io/acme/web',
      tag: '1',
      digest: 'sha256:1',
      releasedAt: '2026-11-10T09:00:00Z',
    };
    const workloads = [{ kind: 'Rollout', name: 'web', images: [image] }] as const;
    new PromotionPipeline(chart, 'pipeline', { ...options, policy: { ...verified, stages, stage }, workloads });
    expect(titles(Testing.synth(chart))).toContain('AnalysisTemplate/patchway-verify-production');
  });
});
