import type { StageConfig, WorkloadSummary } from '../../src/manifest/stage-config.js';
import type { PolicyDocument, Stage } from '../../src/policy/policy.js';

const HOUR = 3_600_000;
export const DIGEST = { old: `sha256:${'a'.repeat(64)}`, new: `sha256:${'b'.repeat(64)}`, sidecar: `sha256:${'c'.repeat(64)}` } as const;

const stage = (name: string, rest: Partial<Stage> = {}): Stage => ({
  name,
  namespace: name === 'production' ? 'storefront' : `storefront-${name}`,
  after: [],
  soak: 0,
  windows: [],
  ...rest,
});

export const staging = stage('staging');
export const production = stage('production', { after: ['staging'], soak: 48 * HOUR });

export const policy: PolicyDocument = {
  name: 'storefront',
  timeZone: 'UTC',
  scan: {
    schedule: '17 3 * * *',
    scanners: [{ kind: 'grype', args: [] }],
    parallelism: 4,
    timeout: 15 * 60_000,
    keep: 3,
  },
  gate: {
    deadlines: { critical: 72 * HOUR, high: 168 * HOUR },
    anchor: 'fixReleased',
    onlyFixable: true,
    exploited: { deadline: 24 * HOUR, skipSoak: true, bypassWindows: true },
    endOfLife: 'warn',
    unknownSeverity: 'high',
    maxEvidenceAge: 36 * HOUR,
    onMissingEvidence: 'block',
    allowImprovement: true,
  },
  rollout: {
    strategy: 'rolling',
    maxUnavailable: 0,
    maxSurge: '25%',
    minReady: 10_000,
    progressDeadline: 10 * 60_000,
    revisionHistory: 5,
    disruptionBudget: { maxUnavailable: 1 },
    drain: 5000,
    spread: 'nodes',
    autoRollback: true,
  },
  windows: [],
  stages: [staging, production],
  promotion: { engine: 'jobs', schedule: '*/10 * * * *' },
  monitoring: { prometheus: 'operator', exporter: true, runbookUrl: 'https://example.com/runbooks/', labels: { team: 'shop' } },
  history: { keep: 200 },
  hash: 'cafe0001',
};

/** The policy with an exception. */
export const accepting: PolicyDocument = {
  ...policy,
  exceptions: [{ vulnerability: 'CVE-2026-1', reason: 'not reachable', approvedBy: 'jo', expires: '2027-01-01T00:00:00Z' }],
};

/** The production stage with windows, four nights of a week, and approvals. */
export const windowed: Stage = {
  ...production,
  approval: 'manual',
  windows: [{ kind: 'allow', schedule: '0 22 * * 1-4', duration: 6 * HOUR, timeZone: 'UTC', cutoff: 10 * 60_000 }],
};

export const web: WorkloadSummary = {
  kind: 'Deployment',
  name: 'web',
  images: [
    {
      container: 'web',
      init: false,
      reference: 'ghcr.io/acme/web:1.4',
      repository: 'ghcr.io/acme/web',
      tag: '1.4.1',
      digest: DIGEST.old,
      releasedAt: '2026-10-02T07:00:00Z',
    },
  ],
};

export const api: WorkloadSummary = { ...web, name: 'api' };

export function config(of: Stage = staging, workloads: readonly WorkloadSummary[] = [web]): StageConfig {
  return {
    schemaVersion: 1,
    policy: { ...policy, stages: policy.stages.map((s) => (s.name === of.name ? of : s)) },
    stage: of.name,
    workloads,
  };
}
