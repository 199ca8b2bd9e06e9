import { describe, expect, it } from 'vitest';
import { promote } from '../../src/agent/promote.js';
import { PatchwayError } from '../../src/problem.js';
import { digest, HOUR } from '../promotion/support.js';
import { FakeCluster, PRODUCTION, worldOf } from './promote-cluster.js';

describe('Events of a promotion', () => {
  it('tell what happened, once', async () => {
    const cluster = new FakeCluster();
    await promote(worldOf(cluster), { identity: 'job-1' });
    expect(cluster.events).toEqual([`${PRODUCTION} Promoted Normal`]);
    cluster.now += HOUR;
    await promote(worldOf(cluster), { identity: 'job-2' });
    expect(cluster.events).toHaveLength(1);
  });

  it('tell that it was put back, as a warning', async () => {
    const cluster = new FakeCluster();
    cluster.broken.add(digest('B'));
    await promote(worldOf(cluster), { identity: 'job-1' });
    expect(cluster.events).toEqual([`${PRODUCTION} RolledBack Warning`]);
  });

  it('are left out where the account may not make them: the promotion goes on, and the history has it', async () => {
    const cluster = new FakeCluster();
    cluster.before = (request) => {
      if (request.startsWith('POST')) throw new PatchwayError('this account may not do that (403)');
    };
    const world = worldOf(cluster);
    expect(await promote(world, { identity: 'job-1' })).toBe('done');
    expect(cluster.state?.history).toMatchObject([{ what: 'promoted' }]);
    expect(world.logged.join('\n')).toContain('no Event was made of this: this account may not do that (403)');
  });

  it('are not made by a dry run', async () => {
    const cluster = new FakeCluster();
    await promote(worldOf(cluster), { identity: 'job-1', dryRun: true });
    expect(cluster.events).toEqual([]);
  });
});
