import { describe, expect, it } from 'vitest';
import { promote, promoteInCluster } from '../../src/agent/promote.js';
import { PatchwayError } from '../../src/problem.js';
import { digest, HOUR, image, MINUTE, SECOND, sets } from '../promotion/support.js';
import { FakeCluster, Killed, PRODUCTION, paths, STAGING, stageConfig, worldOf } from './promote-cluster.js';

const job = { identity: 'job-1' };
const running = (cluster: FakeCluster) => [cluster.runs(PRODUCTION, 'web'), cluster.runs(PRODUCTION, 'api')];

/** A run that ends, whatever happens to it. */
async function attempt(cluster: FakeCluster, identity = 'job-1', config = stageConfig()): Promise<string> {
  try {
    return await promote(worldOf(cluster, config), { identity });
  } catch (error) {
    if (error instanceof Killed) return 'killed';
    throw error;
  }
}

describe('a promotion', () => {
  it('moves all workloads, waits for their rollouts, and records them', async () => {
    const cluster = new FakeCluster();
    const world = worldOf(cluster);
    expect(await promote(world, job)).toBe('done');
    expect(cluster.applied).toEqual(['web B', 'api Y']);
    expect(cluster.state).toMatchObject({
      step: 'idle',
      workloads: { web: { current: sets('B').web, previous: sets('A').web }, api: { current: sets('B', 'Y').api } },
      history: [{ what: 'promoted', to: sets('B', 'Y') }],
    });
    expect(cluster.state).not.toHaveProperty('intent');
    expect(world.logged.map((line) => line.split(':')[0])).toEqual([
      'policy storefront',
      'promote',
      'rolling out, until 2026-11-21T12',
      'promoted',
      'done',
    ]);
  });

  it('writes its intent before it touches a workload, and what it did before it waits', async () => {
    const cluster = new FakeCluster();
    await promote(worldOf(cluster), job);
    const writes = cluster.requests.filter((request) => /^(PUT|PATCH)/.test(request)).map((request) => request.split('/').at(-2));
    expect(writes).toEqual(['leases', 'serviceaccounts', 'configmaps', 'deployments', 'deployments', 'configmaps', 'configmaps', 'leases']);
  });

  it('changes nothing the second time', async () => {
    const cluster = new FakeCluster();
    await promote(worldOf(cluster), job);
    const [version, generations] = [cluster.objects.get(paths.state)?.metadata.resourceVersion, generationsOf(cluster)];
    cluster.now += HOUR;
    expect(await promote(worldOf(cluster), { identity: 'job-2' })).toBe('done');
    expect(cluster.objects.get(paths.state)?.metadata.resourceVersion).toBe(version);
    expect(generationsOf(cluster)).toEqual(generations);
  });

  it('waits for its soak, run after run', async () => {
    const cluster = new FakeCluster();
    const config = stageConfig({ soak: 15 * MINUTE });
    const ends: string[] = [];
    for (let run = 0; run < 3; run += 1) {
      ends.push(await attempt(cluster, `job-${run}`, config));
      cluster.now += 10 * MINUTE;
    }
    expect(ends).toEqual(['wait', 'wait', 'done']);
    expect(running(cluster)).toEqual(['B', 'Y']);
  });

  it('puts all workloads back where one does not become available, and remembers which', async () => {
    const cluster = new FakeCluster();
    cluster.broken.add(digest('Y'));
    const world = worldOf(cluster);
    expect(await promote(world, job)).toBe('blocked');
    expect(cluster.applied).toEqual(['web B', 'api Y', 'web A', 'api X']);
    expect(cluster.state).toMatchObject({ step: 'idle', refused: [{ digest: digest('Y') }], history: [{ what: 'rolledBack' }] });
    expect(world.logged.at(-1)).toMatch(/^blocked: api:1\.4\.24 .* was refused/);
    const before = cluster.applied.length;
    expect(await promote(world, { identity: 'job-2' })).toBe('blocked');
    expect(cluster.applied).toHaveLength(before);
  });

  it('says what it would do, and does nothing', async () => {
    const cluster = new FakeCluster();
    const world = worldOf(cluster);
    expect(await promote(world, { ...job, dryRun: true })).toBe('promote');
    expect(cluster.requests.filter((request) => !request.startsWith('GET'))).toEqual([]);
    expect(world.logged.at(-1)).toMatch(/^next, were this no dry run: promote: Promoting/);
  });

  it('ends at the next step when it is asked to, and gives its Lease back', async () => {
    const cluster = new FakeCluster();
    await expect(promote(worldOf(cluster), { ...job, stopping: () => true })).rejects.toThrow(/asked to end/);
    expect(cluster.objects.get(paths.lease)).toMatchObject({ spec: { leaseDurationSeconds: expect.any(Number) } });
    expect(await promote(worldOf(cluster), { identity: 'job-2' })).toBe('done');
  });

  it('exits 0 in the cluster when it is blocked', async () => {
    const cluster = new FakeCluster();
    cluster.scanned({ web: [], api: [] });
    const world = worldOf(cluster);
    expect(await promoteInCluster({ ...world, env: { PATCHWAY_RUN: 'job-1', POD_NAME: 'pod-1' } })).toBe(0);
    expect(world.logged.at(-1)).toMatch(/^blocked: The gate is closed for web:1\.4\.1 .* it has not been scanned/);
    expect(running(cluster)).toEqual(['A', 'X']);
  });
});

const generationsOf = (cluster: FakeCluster) => [...cluster.deployments.values()].map(({ generation }) => generation);

describe('a promoter that is killed', () => {
  /** Kills the run at its nth request, before or after the API server has done it, and lets others run to their end. */
  async function killedAt(n: number, when: 'before' | 'after', prepare: (cluster: FakeCluster) => void) {
    const cluster = new FakeCluster();
    prepare(cluster);
    let count = 0;
    let dead = false;
    cluster[when] = () => {
      count += 1;
      if (count >= n) dead = true;
      if (dead) throw new Killed('killed');
    };
    const first = await attempt(cluster);
    cluster[when] = () => {};
    cluster.now += 10 * SECOND;
    const second = await attempt(cluster);
    return { cluster, first, second };
  }

  it.each(['before', 'after'] as const)('at any request, %s it was served, leaves the next run to finish exactly once', async (when) => {
    const whole = new FakeCluster();
    await attempt(whole);
    const steps = whole.requests.length;
    expect(steps).toBeGreaterThan(30);
    for (let n = 1; n <= steps; n += 1) {
      const { cluster, first, second } = await killedAt(n, when, () => {});
      // The very last request gives the Lease back: what is lost there is only told.
      expect([n, first, second]).toEqual([n, n === steps ? 'done' : 'killed', 'done']);
      expect([n, ...running(cluster)]).toEqual([n, 'B', 'Y']);
      expect([n, cluster.applied]).toEqual([n, ['web B', 'api Y']]);
      expect(cluster.state?.history.filter(({ what }) => what === 'promoted')).toHaveLength(1);
      expect(cluster.state).toMatchObject({ step: 'idle', workloads: { web: { current: sets('B').web } } });
    }
  });

  it('while it puts images back leaves the next run to finish that exactly once', async () => {
    const fails = (cluster: FakeCluster) => {
      cluster.deploy(STAGING, 'api', 'X');
      cluster.broken.add(digest('B'));
    };
    const whole = new FakeCluster();
    fails(whole);
    await attempt(whole);
    expect(whole.applied).toEqual(['web B', 'web A']);
    for (let n = 1; n < whole.requests.length; n += 1) {
      const { cluster, second } = await killedAt(n, 'after', fails);
      expect([n, second]).toEqual([n, 'blocked']);
      expect([n, cluster.applied]).toEqual([n, ['web B', 'web A']]);
      expect(cluster.state?.history.filter(({ what }) => what === 'rolledBack')).toHaveLength(1);
      expect(cluster.state?.refused.map((entry) => entry.digest)).toEqual([digest('B')]);
    }
  });
});

describe('two promoters', () => {
  it('do not work at once: the second says who is at work', async () => {
    const cluster = new FakeCluster();
    cluster.after = (request) => {
      if (request.startsWith('PATCH /apis/apps')) throw new Killed('killed, and the Lease with it');
    };
    cluster.before = (request) => {
      if (cluster.applied.length > 0 && request.startsWith('PUT')) throw new Killed('killed');
    };
    expect(await attempt(cluster, 'job-1')).toBe('killed');
    [cluster.before, cluster.after] = [() => {}, () => {}];
    const world = worldOf(cluster);
    expect(await promote(world, { identity: 'job-2' })).toBe('busy');
    expect(world.logged.at(-1)).toMatch(/another promotion is at work: job-1, until/);
    expect(running(cluster)).toEqual(['B', 'X']);
    cluster.now += HOUR;
    expect(await promote(world, { identity: 'job-2' })).toBe('done');
    expect(running(cluster)).toEqual(['B', 'Y']);
  });

  it('that take the Lease at the same moment do not both get it', async () => {
    const cluster = new FakeCluster();
    let once = true;
    cluster.before = (request) => {
      if (once && request === `PUT ${paths.lease}`) {
        once = false;
        cluster.put(paths.lease, {});
      }
    };
    expect(await attempt(cluster)).toBe('busy');
    expect(cluster.applied).toEqual([]);
  });

  it('end where the state was written by another', async () => {
    const cluster = new FakeCluster();
    cluster.before = (request) => {
      if (request === `PUT ${paths.state}`) cluster.put(paths.state, {});
    };
    const world = worldOf(cluster);
    expect(await promote(world, job)).toBe('overtaken');
    expect(world.logged.at(-1)).toMatch(/This run ends; the next one decides afresh/);
    expect(running(cluster)).toEqual(['A', 'X']);
  });

  it('end where the Lease was taken away during a rollout', async () => {
    const cluster = new FakeCluster();
    cluster.broken.add(digest('B'));
    cluster.after = (request) => {
      if (request.startsWith('PATCH')) cluster.put(paths.lease, { spec: { holderIdentity: 'job-9' } });
    };
    const world = worldOf(cluster);
    expect(await promote(world, job)).toBe('overtaken');
  });
});

describe('a promotion whose objects are not as they should be', () => {
  it.each([
    {
      what: 'the state',
      path: paths.state,
      says: /there is no ConfigMap storefront\/patchway-promotion-production .* Apply the manifests/,
    },
    { what: 'the Lease', path: paths.lease, says: /there is no Lease storefront\/patchway-promotion-production/ },
  ])('says that $what is missing', async ({ path, says }) => {
    const cluster = new FakeCluster();
    cluster.objects.delete(path);
    await expect(promote(worldOf(cluster), job)).rejects.toThrow(says);
    expect(running(cluster)).toEqual(['A', 'X']);
  });

  it('is blocked without a ConfigMap of evidence, and names it', async () => {
    const cluster = new FakeCluster();
    for (const path of [...cluster.objects.keys()].filter((each) => each.includes('evidence'))) cluster.objects.delete(path);
    const world = worldOf(cluster);
    expect(await promote(world, job)).toBe('blocked');
    expect(world.logged.at(-1)).toMatch(/there is no ConfigMap storefront-staging\/patchway-evidence-ghcr-io-acme-web-\w+ with evidence/);
  });

  it('fails on evidence that cannot be read, and names it', async () => {
    const cluster = new FakeCluster();
    const path = [...cluster.objects.keys()].find((each) => each.includes('evidence'))!;
    cluster.put(path, { data: { evidence: '{' } });
    await expect(promote(worldOf(cluster), job)).rejects.toThrow(/ConfigMap storefront-staging\/patchway-evidence-.*data\.evidence/);
  });

  it.each([
    { when: 'truncated', state: '{', says: /data\.state is not whole JSON/ },
    { when: 'of a later release', state: '{"schemaVersion":2}', says: /schema version 2, and this release of Patchway reads 1/ },
    { when: 'something else', state: '{"schemaVersion":1,"step":"dancing"}', says: /is not the state of a promotion\. Look at it/ },
    {
      when: 'without the images of its intent',
      state: JSON.stringify({ schemaVersion: 1, step: 'rolling', workloads: {}, refused: [], history: [], intent: { startedAt: 'x' } }),
      says: /is not the state of a promotion/,
    },
  ])('fails on a state that is $when', async ({ state, says }) => {
    const cluster = new FakeCluster();
    cluster.put(paths.state, { data: { state } });
    await expect(promote(worldOf(cluster), job)).rejects.toThrow(says);
    expect(running(cluster)).toEqual(['A', 'X']);
  });

  it('fails when the API server is away, and goes on when it is back', async () => {
    const cluster = new FakeCluster();
    cluster.before = (request) => {
      if (request.startsWith('PATCH')) throw new PatchwayError('the API server did not answer');
    };
    await expect(promote(worldOf(cluster), job)).rejects.toThrow('did not answer');
    cluster.before = () => {};
    expect(await promote(worldOf(cluster), { identity: 'job-2' })).toBe('done');
    expect(running(cluster)).toEqual(['B', 'Y']);
  });

  it('is not for a stage that comes after none', async () => {
    const world = worldOf(new FakeCluster(), { ...stageConfig(), stage: 'staging' });
    await expect(promote(world, job)).rejects.toThrow(/stage staging comes after none/);
  });
});

describe('images put in place', () => {
  it('are repository, tag and digest, by name of container', async () => {
    const cluster = new FakeCluster();
    const bodies: unknown[] = [];
    const apply = cluster.apply.bind(cluster);
    cluster.apply = (path, body, options) => {
      if (path.startsWith('/apis/apps')) bodies.push(body);
      return apply(path, body, options);
    };
    await promote(worldOf(cluster), job);
    expect(bodies[0]).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: PRODUCTION },
      spec: { template: { spec: { containers: [{ name: 'web', image: `ghcr.io/acme/web:${image('B').tag}@${digest('B')}` }] } } },
    });
  });
});
