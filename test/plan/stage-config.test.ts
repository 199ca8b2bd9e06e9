import { describe, expect, it } from 'vitest';
import { dig } from '../../src/manifest/dig.js';
import { planStage } from '../../src/plan.js';
import { definePolicy } from '../../src/policy/define.js';
import type { PolicyInput } from '../../src/policy/input.js';
import { DIGEST, deployment, lock as images } from '../rollout/fixture.js';

const tool = (image: string) => ({ image, tag: '1', digest: DIGEST });
const lock = { ...images, tools: { agent: tool('docker.io/library/node'), grype: tool('r/grype') } };
const input: PolicyInput<string> = {
  name: 'storefront',
  scan: { schedule: '17 3 * * *', scanners: [{ kind: 'grype' }] },
  gate: { deadlines: { critical: '3d', high: '7d', medium: '30d', low: '90d' } },
  stages: [{ name: 'production', namespace: 'storefront' }],
};

/** What the agent of a stage is told. */
function told(changes: Partial<PolicyInput<string>>): unknown {
  const policy = definePolicy({ ...input, ...changes });
  const { manifests, problems } = planStage({ policy, stage: 'production', workloads: [deployment()], lock, agentBundle: 'x' });
  expect(problems).toEqual([]);
  const config = manifests.find(({ metadata }) => metadata.name.startsWith('patchway-config-'));
  return JSON.parse(String(dig(config, 'data', 'config.json')));
}

describe('what the agent is told', () => {
  const exception = { vulnerability: 'CVE-2024-13176', reason: 'not reachable', approvedBy: 'ciso', expires: '2027-01-31T00:00:00Z' };

  it('has the exceptions of the policy', () => {
    expect(dig(told({ exceptions: [exception] }), 'policy', 'exceptions')).toEqual([exception]);
  });

  it('has every other field of the document, and nothing else', () => {
    expect(Object.keys(Object(dig(told({}), 'policy'))).sort()).toEqual([
      'gate',
      'hash',
      'history',
      'monitoring',
      'name',
      'promotion',
      'rollout',
      'scan',
      'stages',
      'timeZone',
      'windows',
    ]);
  });

  it('has the pods that verify with locked images, restricted', () => {
    const verify = [{ job: { containers: [{ name: 'smoke', image: 'busybox:1.36' }] } }];
    const config = told({ stages: [{ name: 'production', namespace: 'storefront', verify }] });
    expect(dig(config, 'policy', 'stages', '0', 'verify', '0', 'pod')).toMatchObject({
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [{ name: 'smoke', image: `docker.io/library/busybox:1.36@${DIGEST}`, securityContext: { readOnlyRootFilesystem: true } }],
    });
  });

  it('is nothing where an image that verifies is not locked', () => {
    const verify = [{ job: { containers: [{ name: 'smoke', image: 'curl:8' }] } }];
    const policy = definePolicy({ ...input, stages: [{ name: 'production', namespace: 'storefront', verify }] });
    const { problems } = planStage({ policy, stage: 'production', workloads: [deployment()], lock, agentBundle: 'x' });
    expect(problems.map((p) => `${p.path}: ${p.message}`)).toContainEqual(
      expect.stringMatching(
        /^Job\/stages\.production\.verify\[0\] .*image: docker\.io\/library\/curl:8 is not locked for stage production/,
      ),
    );
  });
});
