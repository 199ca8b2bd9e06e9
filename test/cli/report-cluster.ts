import { gzipSync } from 'node:zlib';
import type { DigestEvidence, EvidenceFinding } from '../../src/gate/evidence.js';
import type { Manifest } from '../../src/manifest/manifest.js';
import { names } from '../../src/manifest/names.js';
import type { HistoryEntry, PromotionState } from '../../src/promotion/state.js';
import { DIGEST } from '../rollout/fixture.js';
import { clusterOf, policy } from './drift/cluster.js';

export const REFERENCE = 'ghcr.io/acme/web:1.4';
export const OLD = `sha256:${'0'.repeat(64)}`;
/** What production runs in the fake cluster. */
export const NOW_RUNNING = DIGEST;
export const images = (tag: string, digest: string) => ({ web: { [REFERENCE]: { tag, digest } } });

export const promoted: HistoryEntry = {
  at: '2026-11-10T22:00:00.000Z',
  what: 'promoted',
  why: 'it ran healthily in staging for 48h, the window is open, and the gate is open (nothing is overdue)',
  from: images('1.4.0', OLD),
  to: images('1.4.1', NOW_RUNNING),
  evidence: [{ reference: REFERENCE, digest: NOW_RUNNING, verdict: 'pass', reason: 'nothing is overdue' }],
};

export function finding(id: string, rest: Partial<EvidenceFinding> = {}): EvidenceFinding {
  return { id, aliases: [], package: 'openssl', version: '1', severity: 'high', fixedIn: ['2'], exploited: false, ...rest };
}

export function scan(findings: readonly EvidenceFinding[], rest: Partial<DigestEvidence> = {}): DigestEvidence {
  const cell = (severity: string) => {
    const rated = findings.filter((each) => each.severity === severity);
    const fixable = rated.filter(({ fixedIn }) => fixedIn.length > 0).length;
    return { fixable, unfixable: rated.length - fixable };
  };
  return {
    platforms: {},
    scannedAt: '2026-11-21T03:17:00Z',
    complete: true,
    scanners: [],
    counts: {
      critical: cell('critical'),
      high: cell('high'),
      medium: cell('medium'),
      low: cell('low'),
      unknown: cell('unknown'),
      exploited: findings.filter(({ exploited }) => exploited).length,
    },
    findings,
    ...rest,
  };
}

/** A cluster with what synthesis wrote for a stage, and what scans and promotions have stored since. */
export function clusterWith(
  stage: 'staging' | 'production',
  stored: {
    readonly state?: Partial<PromotionState>;
    readonly digests?: Readonly<Record<string, DigestEvidence>>;
    readonly firstSeen?: Readonly<Record<string, string>>;
  },
) {
  const cluster = clusterOf(stage);
  const put = (name: string, fields: object) => {
    const path = `/api/v1/namespaces/${cluster.namespace}/configmaps/${name}`;
    cluster.objects.set(path, { ...(cluster.objects.get(path) as Manifest), ...fields } as Manifest);
  };
  if (stored.state !== undefined) {
    const state = { schemaVersion: 1, policyHash: policy.hash, workloads: {}, step: 'idle', refused: [], history: [], ...stored.state };
    put(names.promotion(stage), { data: { state: JSON.stringify(state) } });
  }
  if (stored.digests !== undefined) {
    const evidence = { schemaVersion: 1, policyHash: policy.hash, repository: 'ghcr.io/acme/web', digests: stored.digests };
    const firstSeen = gzipSync(JSON.stringify(stored.firstSeen ?? {})).toString('base64');
    put(names.evidence('ghcr.io/acme/web'), { data: { evidence: JSON.stringify(evidence) }, binaryData: { firstSeen } });
  }
  return cluster;
}

/** An `Io` that keeps what is written, at an instant. */
export function ioIn(cwd: string) {
  const written: string[] = [];
  const io = {
    out: (text: string) => {
      written.push(text);
    },
    err: () => undefined,
    stdin: async () => '',
    color: false,
    env: {},
    cwd,
    now: () => Date.parse('2026-11-21T12:00:00Z'),
  };
  return { io, stdout: () => written.join('') };
}
