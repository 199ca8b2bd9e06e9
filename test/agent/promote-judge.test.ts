import { describe, expect, it } from 'vitest';
import { judge } from '../../src/agent/promote/judge.js';
import type { Evidence, EvidenceFinding } from '../../src/gate/evidence.js';
import { names } from '../../src/manifest/names.js';
import { judgementKey } from '../../src/promotion/situation.js';
import { at, digest, HOUR, NOW, production, REFERENCE, sets } from '../promotion/support.js';
import { policy } from '../rules/storefront.js';
import { FakeCluster, PRODUCTION, paths, STAGING, stageConfig } from './promote-cluster.js';

const EVIDENCE = names.evidence('ghcr.io/acme/web');
const finding = (id: string, changes: Partial<EvidenceFinding> = {}): EvidenceFinding => ({
  id,
  aliases: [],
  package: 'openssl',
  version: '3.0.0',
  severity: 'critical',
  fixedIn: ['3.0.1'],
  exploited: false,
  failsAt: at(NOW - HOUR),
  ...changes,
});
const exploited = finding('CVE-1', { exploited: true });

/** Stores the findings of images, by letter, as evidence in a namespace. */
function store(
  cluster: FakeCluster,
  namespace: string,
  images: Readonly<Record<string, readonly EvidenceFinding[]>>,
  scannedAt = NOW,
): void {
  const none = { fixable: 0, unfixable: 0 };
  const evidence: Evidence = {
    schemaVersion: 1,
    policyHash: policy.hash,
    repository: 'ghcr.io/acme/web',
    digests: Object.fromEntries(
      Object.entries(images).map(([letter, findings]) => [
        digest(letter),
        {
          platforms: {},
          scannedAt: at(scannedAt),
          complete: true,
          scanners: [{ kind: 'grype', status: 'ok' }],
          counts: {
            critical: none,
            high: none,
            medium: none,
            low: none,
            unknown: none,
            exploited: findings.filter((f) => f.exploited).length,
          },
          findings,
        },
      ]),
    ),
  };
  cluster.put(paths.configMap(namespace, EVIDENCE), { data: { evidence: JSON.stringify(evidence) } });
}

async function judged(cluster: FakeCluster, candidate: string | undefined, before: string, running = 'A') {
  const options = { cluster, config: stageConfig(), stage: production, at: NOW };
  const verdicts = await judge(options, {
    running: sets(running),
    candidate: candidate === undefined ? undefined : sets(candidate),
    before: sets(before),
  });
  return (letter: string) => verdicts[judgementKey(REFERENCE.web, digest(letter))];
}

describe('what the gate says of images to promote', () => {
  it('is by the evidence of the stage before', async () => {
    const cluster = new FakeCluster();
    store(cluster, STAGING, { B: [] });
    expect((await judged(cluster, undefined, 'B'))('B')).toMatchObject({ verdict: 'pass', allowed: true, improves: false });
  });

  it('tells an image that improves on what runs, and what it cures', async () => {
    const cluster = new FakeCluster();
    store(cluster, STAGING, { B: [finding('CVE-2')] });
    store(cluster, PRODUCTION, { A: [exploited, finding('CVE-2')] });
    expect((await judged(cluster, undefined, 'B'))('B')).toMatchObject({ verdict: 'fail', allowed: false, improves: true, cures: 'CVE-1' });
  });

  it('tells an image that is worse in one thing: it does not improve', async () => {
    const cluster = new FakeCluster();
    store(cluster, STAGING, { B: [finding('CVE-3')] });
    store(cluster, PRODUCTION, { A: [finding('CVE-1'), finding('CVE-2')] });
    expect((await judged(cluster, undefined, 'B'))('B')).toMatchObject({ allowed: false, improves: false });
  });

  it('tells a newer image that cures what the candidate has', async () => {
    const cluster = new FakeCluster();
    store(cluster, STAGING, { B: [exploited], C: [] });
    const of = await judged(cluster, 'B', 'C');
    expect(of('C')).toMatchObject({ allowed: true, curesCandidate: 'CVE-1' });
    expect(of('B')).toMatchObject({ allowed: false });
    expect(of('B')).not.toHaveProperty('curesCandidate');
  });

  it('takes the newest scan of a digest, wherever it was made', async () => {
    const cluster = new FakeCluster();
    store(cluster, STAGING, { B: [] }, NOW - HOUR);
    store(cluster, PRODUCTION, { B: [finding('CVE-1')] });
    expect((await judged(cluster, undefined, 'B'))('B')).toMatchObject({ verdict: 'fail' });
  });

  it('is unknown for another digest, and for evidence that is too old', async () => {
    const cluster = new FakeCluster();
    store(cluster, STAGING, { C: [] });
    expect((await judged(cluster, undefined, 'B'))('B')).toMatchObject({ verdict: 'unknown', allowed: false });
    store(cluster, STAGING, { B: [] }, NOW - 100 * HOUR);
    expect((await judged(cluster, undefined, 'B'))('B')).toMatchObject({ verdict: 'unknown', allowed: false });
  });
});
