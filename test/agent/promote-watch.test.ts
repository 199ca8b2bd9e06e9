import { describe, expect, it } from 'vitest';
import { promote } from '../../src/agent/promote.js';
import type { StageConfig } from '../../src/manifest/stage-config.js';
import { digest, image, MINUTE, NOW, REFERENCE, workload } from '../promotion/support.js';
import { policy } from '../rules/storefront.js';
import { FakeCluster, PRODUCTION, paths, stageConfig, worldOf } from './promote-cluster.js';

/** The lock names B and X for a stage that comes after none. */
function first(autoRollback: boolean | 'watch' = 'watch'): StageConfig {
  const config = stageConfig();
  const stages = config.policy.stages.map((stage) => (stage.name === 'production' ? { ...stage, after: [] } : stage));
  const rollout = { ...policy.rollout, progressDeadline: MINUTE, autoRollback };
  return { ...config, policy: { ...config.policy, rollout, stages }, workloads: [workload('web', 'B'), workload('api', 'X')] };
}

const run = (cluster: FakeCluster, config = first()) => {
  const world = worldOf(cluster, config);
  return promote(world, { identity: 'job-1' }).then((end) => ({ end, said: world.logged.join('\n') }));
};

async function watched(): Promise<FakeCluster> {
  const cluster = new FakeCluster();
  cluster.broken.add(digest('B'));
  await run(cluster);
  return cluster;
}

describe('watching a stage that comes after none', () => {
  it('remembers what is healthy, and looks at no other stage', async () => {
    const cluster = new FakeCluster();
    const { end, said } = await run(cluster);
    expect(end).toBe('done');
    expect(said).toMatch(/policy storefront: watch over production/);
    expect(cluster.state?.workloads.web?.current).toEqual({ [REFERENCE.web]: image('A') });
    expect(cluster.requests.filter((request) => request.includes('storefront-staging'))).toEqual([]);
    expect(cluster.applied).toEqual([]);
  });

  it('puts back what somebody rolled out and what failed, in one run, and refuses it', async () => {
    const cluster = await watched();
    cluster.deploy(PRODUCTION, 'web', 'B');
    const { end, said } = await run(cluster);
    expect(end).toBe('done');
    expect(said).toMatch(/rolling out.*\n.*\n?.*roll back: The rollout of web:1\.4\.1 .*\n(.*\n)*.*rolled back: /);
    expect(cluster.applied).toEqual(['web A']);
    expect(cluster.state).toMatchObject({ step: 'idle', refused: [{ digest: digest('B') }], history: [{ what: 'rolledBack' }] });
    expect(cluster.now - NOW).toBeGreaterThanOrEqual(MINUTE);
  });

  it('puts it back at once the next time', async () => {
    const cluster = await watched();
    cluster.deploy(PRODUCTION, 'web', 'B');
    await run(cluster);
    cluster.deploy(PRODUCTION, 'web', 'B');
    const before = cluster.now;
    const { said } = await run(cluster);
    expect(said).toMatch(/roll back: Somebody moved production .* was refused/);
    expect(cluster.applied).toEqual(['web A', 'web A']);
    expect(cluster.now - before).toBeLessThan(MINUTE);
  });

  it('goes on where an earlier run was killed', async () => {
    const cluster = await watched();
    cluster.deploy(PRODUCTION, 'web', 'B');
    cluster.before = (request) => {
      if (request.startsWith('PATCH')) throw new Error('killed');
    };
    await expect(run(cluster)).rejects.toThrow('killed');
    cluster.before = () => {};
    expect(cluster.state).toMatchObject({ step: 'rollingBack', intent: { watched: true } });
    expect((await run(cluster)).end).toBe('done');
    expect(cluster.runs(PRODUCTION, 'web')).toBe('A');
    expect(cluster.state).not.toHaveProperty('intent');
  });

  it('does not fight without end what is put back within the second', async () => {
    const cluster = await watched();
    cluster.deploy(PRODUCTION, 'web', 'B');
    cluster.after = (request) => {
      if (request === `PATCH ${paths.deployment(PRODUCTION, 'web')}`) cluster.deploy(PRODUCTION, 'web', 'B');
    };
    const { end, said } = await run(cluster);
    expect(end).toBe('blocked');
    expect(said).toMatch(/blocked: Somebody goes on putting web:1\.4\.1 /);
    expect(cluster.applied).toHaveLength(5);
  });

  it('tells the guard what to let in again while the lock still names it', async () => {
    const cluster = await watched();
    const promoted = `${digest('A')}\n${digest('X')}`;
    expect(cluster.objects.get(paths.guard)?.metadata.annotations).toMatchObject({ 'patchway.dev/promoted': promoted });
  });

  it('is not done where the policy does not say so', async () => {
    await expect(run(new FakeCluster(), first(true))).rejects.toThrow(/comes after none: its images come from the lock/);
  });
});
