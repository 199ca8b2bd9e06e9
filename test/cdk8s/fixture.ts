import { POLICY, type Policy, type PolicyDocument, type Stage } from '../../src/policy/policy.js';
import { policy as document, lock as images } from '../rollout/fixture.js';

const tool = (image: string) => ({ image, tag: '1', digest: `sha256:${'b'.repeat(64)}` });
export const lock = { ...images, tools: { agent: tool('docker.io/library/node'), trivy: tool('r/trivy'), grype: tool('r/grype') } };

const scanned: PolicyDocument = { ...document, scan: { ...document.scan, scanners: [{ kind: 'grype', args: [] }] } };

export const policy: Policy<'staging' | 'production'> = {
  ...scanned,
  stages: scanned.stages as readonly Stage<'staging' | 'production'>[],
  [POLICY]: true,
  warnings: [],
  stage: (name) => {
    const stage = scanned.stages.find((s) => s.name === name);
    if (stage === undefined) throw new Error(`no stage ${name}`);
    return stage as Stage<'staging' | 'production'>;
  },
};
