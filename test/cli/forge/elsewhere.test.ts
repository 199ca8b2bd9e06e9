import { describe, expect, it } from 'vitest';
import { sandbox } from '../fake-io.js';
import { lockOf, policyOf } from './support.js';

const FILES = { 'patch-policy.yaml': policyOf(), 'images.lock.yaml': lockOf(['B', 'Y'], ['A', 'X']) };

describe('with a forge, commands about promotion in the cluster', () => {
  it('send who promotes to what does', async () => {
    expect(await sandbox(FILES).run('promote', '--to', 'production')).toMatchObject({
      code: 64,
      stderr: expect.stringContaining("promotes by 'github-actions', which moves the lock: `patchway forge propose --to production` says"),
    });
  });

  it('have nothing to pull into the lock, and ask no cluster', async () => {
    expect(await sandbox(FILES).run('lock', 'pull')).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing to do') });
  });

  it('are no commands of a forge with jobs', async () => {
    const { run } = sandbox({ ...FILES, 'patch-policy.yaml': policyOf({}, { promotion: { engine: 'jobs' } }) });
    for (const step of ['propose', 'deploy']) {
      expect(await run('forge', step, '--to', 'production')).toMatchObject({
        code: 64,
        stderr: "patchway: the policy promotes by 'jobs'. Set promotion.engine to github-actions or gitlab-ci.\n",
      });
    }
  });
});
