import type { ImageLock } from '../../src/lock/lock.js';
import type { StageConfig, WorkloadImage, WorkloadSummary } from '../../src/manifest/stage-config.js';
import type { GatePolicy, PolicyDocument, ScanPolicy, Stage } from '../../src/policy/policy.js';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const staging: Stage = { name: 'staging', namespace: 'shop-staging', after: [], soak: 0, windows: [] };

export const mount = { image: 'docker.io/library/node:20@sha256:aa', bundle: 'patchway-agent-1', config: 'patchway-config-1' };

const hash = (digit: string) => `sha256:${digit.repeat(64)}`;
export const DIGEST = { old: hash('a'), locked: hash('b'), new: hash('c'), index: hash('d'), platform: hash('e') } as const;

export function lock(tools: ImageLock['tools'] = TOOLS): ImageLock {
  return { schemaVersion: 1, images: {}, tools };
}

const TOOLS: ImageLock['tools'] = {
  agent: { image: 'docker.io/library/node', tag: '20', digest: hash('0') },
  trivy: { image: 'docker.io/aquasec/trivy', tag: '0.74.0', digest: hash('1') },
  grype: { image: 'docker.io/anchore/grype', tag: 'v0.110.0', digest: hash('2') },
};

export function policy(changes: { readonly scan?: Partial<ScanPolicy>; readonly gate?: Partial<GatePolicy> } = {}): PolicyDocument {
  return {
    name: 'shop',
    timeZone: 'Europe/Berlin',
    scan: {
      schedule: '17 3 * * *',
      scanners: [
        { kind: 'grype', args: [] },
        { kind: 'trivy', args: [] },
      ],
      parallelism: 4,
      timeout: 15 * MINUTE,
      keep: 3,
      ...changes.scan,
    },
    gate: {
      deadlines: { critical: 2 * DAY, high: 7 * DAY, medium: 30 * DAY, low: 90 * DAY },
      anchor: 'fixReleased',
      onlyFixable: true,
      exploited: { deadline: DAY, skipSoak: false, bypassWindows: false },
      endOfLife: 'warn',
      unknownSeverity: 'high',
      maxEvidenceAge: 36 * HOUR,
      onMissingEvidence: 'block',
      allowImprovement: true,
      ...changes.gate,
    },
    rollout: {
      strategy: 'rolling',
      maxUnavailable: 0,
      maxSurge: '25%',
      minReady: 10_000,
      progressDeadline: 10 * MINUTE,
      revisionHistory: 5,
      disruptionBudget: { maxUnavailable: 1 },
      drain: 5_000,
      spread: 'nodes',
      autoRollback: true,
    },
    windows: [],
    stages: [staging],
    promotion: { engine: 'jobs', schedule: '*/10 * * * *' },
    monitoring: { prometheus: 'operator', exporter: true, runbookUrl: 'https://runbooks.example', labels: {} },
    history: { keep: 200 },
    hash: 'policy-1',
  };
}

export function image(container: string, reference: string, digest: string = DIGEST.locked, init = false): WorkloadImage {
  const colon = reference.lastIndexOf(':');
  const [repository, tag] = [reference.slice(0, colon), reference.slice(colon + 1)];
  return { container, init, reference, repository, tag, digest, releasedAt: '2026-10-01T00:00:00Z' };
}

export function workload(name: string, ...images: readonly WorkloadImage[]): WorkloadSummary {
  return { kind: 'Deployment', name, images };
}

export function config(workloads: readonly WorkloadSummary[], document: PolicyDocument = policy()): StageConfig {
  return { schemaVersion: 1, policy: document, stage: 'staging', workloads };
}
