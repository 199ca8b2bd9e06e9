import type { ImageLock, LockEntry } from '../../src/lock/lock.js';
import type { Container, Deployment, Manifest } from '../../src/manifest/manifest.js';
import type { PolicyDocument, RolloutPolicy, Stage } from '../../src/policy/policy.js';

export const DIGEST = `sha256:${'a'.repeat(64)}`;
export const entry: LockEntry = { tag: '1.4.2', digest: DIGEST, releasedAt: '2026-11-10T09:00:00Z', releasedFrom: 'config' };

export const lock: ImageLock = {
  schemaVersion: 1,
  images: {
    'ghcr.io/acme/web:1.4': { staging: entry, production: { ...entry, tag: '1.4.1' } },
    'docker.io/library/busybox:1.36': { production: { ...entry, tag: '1.36' } },
  },
  tools: {},
};

export const rollout: RolloutPolicy = {
  strategy: 'rolling',
  maxUnavailable: 0,
  maxSurge: '25%',
  minReady: 10_000,
  progressDeadline: 600_000,
  revisionHistory: 5,
  disruptionBudget: { maxUnavailable: 1 },
  drain: 5_000,
  spread: 'nodes',
  autoRollback: true,
};

export const production: Stage = { name: 'production', namespace: 'storefront', after: ['staging'], soak: 0, windows: [] };

export const policy: PolicyDocument = {
  name: 'storefront',
  timeZone: 'UTC',
  scan: { schedule: '17 3 * * *', scanners: [], parallelism: 4, timeout: 900_000, keep: 3 },
  gate: {
    deadlines: { high: 604_800_000 },
    anchor: 'fixReleased',
    onlyFixable: true,
    endOfLife: 'warn',
    unknownSeverity: 'high',
    maxEvidenceAge: 129_600_000,
    onMissingEvidence: 'block',
    allowImprovement: true,
  },
  rollout,
  windows: [],
  stages: [{ name: 'staging', namespace: 'storefront-staging', after: [], soak: 0, windows: [] }, production],
  promotion: { engine: 'jobs', schedule: '*/10 * * * *' },
  monitoring: { prometheus: 'operator', exporter: true, runbookUrl: 'https://runbooks.acme.example', labels: {} },
  history: { keep: 200 },
  hash: '0123456789abcdef',
};

export const readinessProbe = { httpGet: { path: '/healthz', port: 8080 } };

export const container: Container = {
  name: 'web',
  image: 'ghcr.io/acme/web:1.4',
  ports: [{ containerPort: 8080 }],
  readinessProbe,
};

/** A Deployment as teams write it, with a few fields changed. */
export function deployment(
  changes: {
    readonly container?: Record<string, unknown>;
    readonly pod?: Record<string, unknown>;
    readonly spec?: Record<string, unknown>;
    readonly labels?: Record<string, string>;
  } = {},
): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web', ...changes.labels } },
        spec: { containers: [{ ...container, ...changes.container }], ...changes.pod },
      },
      ...changes.spec,
    },
  };
}

export function manifest(kind: string, name: string, spec?: unknown): Manifest {
  return { apiVersion: 'v1', kind, metadata: { name }, ...(spec === undefined ? {} : { spec }) };
}
