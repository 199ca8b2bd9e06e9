import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../src/agent/kubernetes.js';
import { promote } from '../../src/agent/promote.js';
import { parseEvidence } from '../../src/gate/parse-evidence.js';
import { KNOWN } from '../../src/manifest/labels.js';
import { names } from '../../src/manifest/names.js';
import type { StageConfig } from '../../src/manifest/stage-config.js';
import { digest } from '../promotion/support.js';
import { FakeCluster, PRODUCTION, paths, STAGING, stageConfig, worldOf } from './promote-cluster.js';

const job = { identity: 'job-1' };
const run = (cluster: FakeCluster, config = stageConfig()) => promote(worldOf(cluster, config), job);
const dataOf = (object: KubernetesObject | undefined) => (object as { readonly data?: Record<string, string> } | undefined)?.data;
const known = (cluster: FakeCluster) => cluster.objects.get(paths.guard)?.metadata.annotations as Record<string, string>;
const promoted = (cluster: FakeCluster) => known(cluster)[KNOWN.promoted]?.split('\n');
const evidencePath = (name: string) => paths.configMap(STAGING, names.evidence(`ghcr.io/acme/${name}`));
const withGate = (config: StageConfig, gate: Partial<StageConfig['policy']['gate']>): StageConfig => ({
  ...config,
  policy: { ...config.policy, gate: { ...config.policy.gate, ...gate } },
});

describe('what a promotion tells the guard', () => {
  it('is what runs, what ran before, and what comes, before it comes', async () => {
    const cluster = new FakeCluster();
    const order: string[] = [];
    cluster.before = (request) => {
      if (request.startsWith('PATCH')) order.push(request.split('/').at(-1) ?? '');
    };
    expect(await run(cluster)).toBe('done');
    expect(order).toEqual(['patchway-guard-production', 'web', 'api']);
    expect(promoted(cluster)).toEqual(['A', 'B', 'X', 'Y'].map(digest).sort());
    expect(known(cluster)[KNOWN.lock]).toBe(`${digest('A')}\n${digest('X')}`);
  });

  it('forgets what ran before that', async () => {
    const cluster = new FakeCluster();
    for (const letter of ['B', 'C', 'Z']) {
      cluster.deploy(STAGING, 'web', letter);
      cluster.scanned({ web: ['A', 'B', 'C', 'Z'], api: ['Y'] });
      cluster.now += 60_000;
      expect(await run(cluster)).toBe('done');
    }
    expect(promoted(cluster)).toEqual(['B', 'C', 'X', 'Y', 'Z'].map(digest).sort());
  });

  it('keeps what ran before when its evidence is gone, as pods of it are still made', async () => {
    const cluster = new FakeCluster();
    await run(cluster);
    cluster.now += 60_000;
    cluster.deploy(STAGING, 'web', 'C');
    cluster.scanned({ web: ['C'], api: ['Y'] });
    expect(await run(cluster)).toBe('done');
    expect(promoted(cluster)).toContain(digest('B'));
  });

  it('is not written again when nothing is promoted', async () => {
    const cluster = new FakeCluster();
    await run(cluster);
    cluster.requests.length = 0;
    expect(await run(cluster)).toBe('done');
    expect(cluster.requests.filter((request) => request.includes('patchway-guard'))).toEqual([]);
  });

  it('names the digests of platforms, too', async () => {
    const cluster = new FakeCluster();
    const evidence = parseEvidence(dataOf(cluster.objects.get(evidencePath('web')))?.evidence)!;
    const scan = { ...evidence.digests[digest('B')]!, platforms: { 'linux/amd64': digest('Z') } };
    cluster.put(evidencePath('web'), {
      data: { evidence: JSON.stringify({ ...evidence, digests: { ...evidence.digests, [digest('B')]: scan } }) },
    });
    await run(cluster);
    expect(promoted(cluster)).toContain(digest('Z'));
  });

  it('is enough for what is put back', async () => {
    const cluster = new FakeCluster();
    cluster.broken.add(digest('B'));
    await run(cluster);
    expect([cluster.runs(PRODUCTION, 'web'), cluster.runs(PRODUCTION, 'api')]).toEqual(['A', 'X']);
    expect(promoted(cluster)).toEqual(expect.arrayContaining([digest('A'), digest('X')]));
  });
});

describe('a promotion and its guard', () => {
  /** The gate knows an image by this stage's own scan alone. */
  const scannedHereOnly = (cluster: FakeCluster) => {
    const here = paths.configMap(PRODUCTION, names.evidence('ghcr.io/acme/web'));
    cluster.put(here, { data: dataOf(cluster.objects.get(evidencePath('web'))) });
    cluster.scanned({ web: ['A'], api: ['Y'] });
  };

  it('do not let in what no scan of a stage before names, and move nothing', async () => {
    const cluster = new FakeCluster();
    scannedHereOnly(cluster);
    await expect(run(cluster)).rejects.toThrow(/the guard does not let web:\S+ \(sha256:\w{12}\) in: no scan of staging names it/);
    expect(cluster.applied).toEqual([]);
    expect(cluster.state?.intent).toBeUndefined();
  });

  it('let it in where the policy asks for no evidence', async () => {
    const cluster = new FakeCluster();
    scannedHereOnly(cluster);
    expect(await run(cluster, withGate(stageConfig(), { onMissingEvidence: 'warn' }))).toBe('done');
    expect(promoted(cluster)).toContain(digest('B'));
  });

  it('have nothing to do with one another where the stage was composed without one', async () => {
    const cluster = new FakeCluster();
    cluster.objects.delete(paths.guard);
    expect(await run(cluster)).toBe('done');
    expect(cluster.objects.has(paths.guard)).toBe(false);
  });

  it('end where somebody else wrote there meanwhile, before anything moves', async () => {
    const cluster = new FakeCluster();
    cluster.before = (request) => {
      if (request === `PATCH ${paths.guard}`) cluster.put(paths.guard, {});
    };
    expect(await run(cluster)).toBe('overtaken');
    expect(cluster.applied).toEqual([]);
  });

  it('have nothing to do with one another where the policy wants no guard', async () => {
    const cluster = new FakeCluster();
    cluster.objects.delete(paths.guard);
    const config = stageConfig();
    const promotion = { ...config.policy.promotion, guard: false } as const;
    expect(await run(cluster, { ...config, policy: { ...config.policy, promotion } })).toBe('done');
    expect(cluster.requests.filter((request) => request.includes('patchway-guard'))).toEqual([]);
  });
});
