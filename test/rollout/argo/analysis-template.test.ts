import { describe, expect, it } from 'vitest';
import { dig } from '../../../src/manifest/dig.js';
import type { Verification } from '../../../src/policy/policy.js';
import { analysisManifests } from '../../../src/rollout/argo/analysis-template.js';
import { policy, production, rollout } from '../fixture.js';

const mount = { image: 'node@sha256:abc', bundle: 'patchway-agent-1', config: 'patchway-config-1' };
const analysis = (verify: readonly Verification[], strategy: 'canary' | 'blueGreen' | 'rolling' = 'canary') =>
  analysisManifests({ policy: { ...policy, rollout: { ...rollout, strategy } }, stage: { ...production, verify }, mount });
const metricOf = (verification: Verification) => dig(analysis([verification])[0], 'spec', 'metrics', '0');

const http: Verification = { kind: 'http', url: 'http://web', status: 200 };
const prometheus: Verification = {
  kind: 'prometheus',
  server: 'http://prometheus:9090',
  query: 'errors',
  holds: { comparison: '<', value: 0.01 },
  for: 65_000,
};

describe("Argo Rollouts' analysis", () => {
  it('is there where it is used', () => {
    expect(analysis([http]).map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual([
      'AnalysisTemplate/patchway-verify-production',
    ]);
    expect(analysis([http], 'rolling')).toEqual([]);
    expect(analysis([])).toEqual([]);
  });

  it('asks Prometheus for as long as it has to hold, and takes no data neither for success nor for failure', () => {
    expect(metricOf(prometheus)).toEqual({
      name: 'verify-0',
      initialDelay: '5s',
      interval: '10s',
      count: 7,
      successCondition: 'len(result) > 0 && all(result, {# < 0.01})',
      failureCondition: 'len(result) > 0 && any(result, {!(# < 0.01)})',
      provider: { prometheus: { address: 'http://prometheus:9090', query: 'errors' } },
    });
  });

  it('begins at once where the policy gives nobody time to notice', () => {
    const given = {
      policy: { ...policy, rollout: { ...rollout, strategy: 'canary', drain: 0 } },
      stage: { ...production, verify: [http] },
      mount,
    } as const;
    expect(dig(analysisManifests(given)[0], 'spec', 'metrics', '0')).not.toHaveProperty('initialDelay');
  });

  it("runs the stage's own pod once", () => {
    const pod = { restartPolicy: 'Never', containers: [{ name: 'smoke', image: 'smoke@sha256:abc' }] };
    expect(metricOf({ kind: 'job', pod })).toEqual({
      name: 'verify-0',
      initialDelay: '5s',
      provider: { job: { spec: { backoffLimit: 0, template: { spec: pod } } } },
    });
  });

  it('sends a request by the agent, which is told which', () => {
    const metric = dig(analysis([prometheus, http])[0], 'spec', 'metrics', '1');
    const pod = dig(metric, 'provider', 'job', 'spec', 'template', 'spec');
    expect(pod).toMatchObject({ restartPolicy: 'Never', automountServiceAccountToken: false });
    expect(dig(pod, 'containers', '0')).toMatchObject({
      image: 'node@sha256:abc',
      command: ['node', '/patchway/agent/agent.mjs', 'verify'],
      env: expect.arrayContaining([{ name: 'PATCHWAY_VERIFY', value: '1' }]),
    });
  });
});
