import { Chart, Testing } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { PatchStage, RollingDeployment } from '../../src/cdk8s.js';
import type { Manifest } from '../../src/manifest/manifest.js';
import { lock, policy } from './fixture.js';

const COPA = { image: 'registry.example/copa', tag: '1', digest: `sha256:${'9'.repeat(64)}` };
const described = { image: 'ghcr.io/acme/web:1.4', readiness: { http: '/healthz' }, ports: [{ name: 'http', port: 8080 }] } as const;
const copa = { remedy: 'copa', buildkit: 'tcp://buildkitd.build:1234' } as const;

describe('the remedy of a workload in cdk8s', () => {
  it('is a prop of RollingDeployment: annotations, and what scans and alerts are told', () => {
    const chart = new Chart(Testing.app(), 'chart');
    const props = { policy, stage: 'staging', lock, ...described } as const;
    const { workload } = new RollingDeployment(chart, 'web', { ...props, remedy: 'rebuild', rebuildWebhook: 'build-web' });
    expect(workload).toMatchObject({ remedy: 'rebuild', rebuildWebhook: 'build-web' });
    const deployment = (Testing.synth(chart) as Manifest[]).find(({ kind }) => kind === 'Deployment');
    expect(deployment?.metadata.annotations).toMatchObject({
      'patchway.dev/remedy': 'rebuild',
      'patchway.dev/rebuild-webhook': 'build-web',
    });
  });

  it('is refused where it cannot be meant', () => {
    const chart = new Chart(Testing.app(), 'chart');
    new RollingDeployment(chart, 'web', { policy, stage: 'staging', lock, ...described, ...copa, buildkit: 'buildkitd:1234' });
    expect(() => Testing.synth(chart)).toThrow('metadata.annotations["patchway.dev/buildkit"]: This cannot be used.');
  });

  it.each([
    ['staging', 1],
    ['production', 0],
  ] as const)('brings its CronJob into the first stage alone: %s', (stage, count) => {
    const chart = new Chart(Testing.app(), 'chart');
    const tools = { ...lock.tools, copa: COPA };
    new PatchStage(chart, stage, { policy, stage, lock: { ...lock, tools }, workloads: [{ name: 'web', ...described, ...copa }] });
    expect((Testing.synth(chart) as Manifest[]).filter(({ metadata }) => metadata.name === 'patchway-copa-web')).toHaveLength(2 * count);
  });
});
