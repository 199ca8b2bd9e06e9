import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { FakeCluster } from '../../agent/promote-cluster.js';
import { digest } from '../../promotion/support.js';
import { checkout, clusterOf, lockOf, manifestsOf, PRODUCTION, policyOf } from './support.js';

const MERGED = {
  'patch-policy.yaml': policyOf(),
  'images.lock.yaml': lockOf(['B', 'Y'], ['B', 'Y']),
  'dist/production.k8s.yaml': manifestsOf(['B', 'Y']),
};
const CLOSED = [{ kind: 'allow', schedule: '0 22 * * *', duration: '2h', cutoff: '0s' }];
const manifests = ['dist/production.k8s.yaml'];
const refused = (letter: string) => ({ digest: digest(letter), reason: 'It failed.', at: '2026-11-20T00:00:00Z' });
const refusals = (...letters: readonly string[]) => JSON.stringify({ schemaVersion: 1, refused: { production: letters.map(refused) } });

/** What applying does: the cluster then runs these images. */
const runs = (cluster: FakeCluster, web: string, api: string) => () => {
  cluster.now += 60_000;
  cluster.deploy(PRODUCTION, 'web', web);
  cluster.deploy(PRODUCTION, 'api', api);
};

describe('patchway forge deploy', () => {
  it('applies what is of the stage, and follows it until it is healthy', async () => {
    const cluster = clusterOf();
    const { deploy, read, applied, whenApplied } = checkout(MERGED, { '': cluster });
    whenApplied(runs(cluster, 'B', 'Y'));
    expect(await deploy({ manifests })).toMatchObject({ code: 0, said: expect.stringContaining('promoted: Stage production runs') });
    expect(read('out/answer')).toBe('done\n');
    expect(applied).toEqual([
      { names: ['ConfigMap patchway-config-production-1', 'ConfigMap settings', 'Namespace storefront'], context: undefined },
    ]);
  });

  it("applies to the stage's own cluster", async () => {
    const cluster = clusterOf();
    const files = { ...MERGED, 'patch-policy.yaml': policyOf({ cluster: 'eu-1' }) };
    const { deploy, applied, whenApplied } = checkout(files, { 'eu-1': cluster });
    whenApplied(runs(cluster, 'B', 'Y'));
    expect((await deploy({ manifests })).code).toBe(0);
    expect(applied[0]?.context).toBe('eu-1');
  });

  it('puts back in the lock what failed, and refuses it', async () => {
    const cluster = clusterOf();
    cluster.broken.add(digest('B'));
    const { deploy, read, cwd, whenApplied, write } = checkout(
      { ...MERGED, 'images.lock.yaml': lockOf(['B', 'Y'], ['A', 'X']) },
      { '': cluster },
    );
    const git = (...args: readonly string[]) => execFileSync('git', ['-C', cwd, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args]);
    git('init', '-q');
    git('add', '.');
    git('commit', '-qm', 'before');
    write('images.lock.yaml', MERGED['images.lock.yaml']);
    git('commit', '-qam', 'after');
    whenApplied(runs(cluster, 'B', 'Y'));
    expect(await deploy({ manifests })).toMatchObject({ code: 2, said: expect.stringContaining('roll back: The rollout of') });
    expect(read('out/answer')).toBe('revert\n');
    expect(read('images.lock.yaml')).toBe(lockOf(['B', 'Y'], ['A', 'X']));
    const kept = JSON.parse(read('patchway-refused.json'));
    expect(kept).toEqual({
      schemaVersion: 1,
      refused: { production: [{ ...refused('B'), reason: expect.any(String), at: expect.any(String) }] },
    });
    const [title] = read('out/message').split('\n');
    expect(title).toBe('Put web:1.4.0, api:1.4.23 back in production');
  });

  it.each([
    [200, 0, 'It is verified: '],
    [500, 2, 'The verification of '],
  ])('verifies what is healthy: an answer of %i ends with %i', async (status, code, words) => {
    const cluster = clusterOf();
    const server = createServer((_, response) => response.writeHead(status).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const verify = [{ kind: 'http', url: `http://127.0.0.1:${port}/`, status: 200 }] as const;
    const files = { ...MERGED, 'dist/production.k8s.yaml': manifestsOf(['B', 'Y'], verify) };
    const { deploy, whenApplied, read } = checkout(files, { '': cluster });
    whenApplied(runs(cluster, 'B', 'Y'));
    expect(await deploy({ manifests })).toMatchObject({ code, said: expect.stringContaining(words) });
    expect(read('out/answer')).toBe(code === 0 ? 'done\n' : 'revert\n');
  });

  it('keeps what was refused before, and of an image without history what is known', async () => {
    const cluster = clusterOf();
    cluster.broken.add(digest('B'));
    const { deploy, read, whenApplied } = checkout({ ...MERGED, 'patchway-refused.json': refusals('C') }, { '': cluster });
    whenApplied(runs(cluster, 'B', 'Y'));
    await deploy({ manifests });
    expect(read('images.lock.yaml')).toMatch(
      new RegExp(`production: \\{tag: 1\\.4\\.0, digest: "${digest('A')}", releasedAt: \\S+, releasedFrom: firstSeen`),
    );
    const { refused: all } = JSON.parse(read('patchway-refused.json'));
    expect(all.production.map((each: { readonly digest: string }) => each.digest)).toEqual([digest('B'), digest('C')]);
  });

  it('says what failed where no image has changed', async () => {
    const cluster = clusterOf();
    runs(cluster, 'B', 'Y')();
    cluster.broken.add(digest('B'));
    const { deploy, read } = checkout(MERGED, { '': cluster });
    await expect(deploy({ manifests })).rejects.toThrow('No image has changed: revert in git what did.');
    expect(read('images.lock.yaml')).toBe(MERGED['images.lock.yaml']);
  });

  it('moves images only while the window is open, but goes back at any time', async () => {
    const cluster = clusterOf();
    const files = { ...MERGED, 'patch-policy.yaml': policyOf({ windows: CLOSED }) };
    const { deploy, read, applied, write, whenApplied } = checkout(files, { '': cluster });
    whenApplied(runs(cluster, 'B', 'Y'));
    expect(await deploy({ manifests })).toMatchObject({
      code: 0,
      said: expect.stringContaining('The window is closed. Not before 2026-11-21T22:00:00.000Z.'),
    });
    expect([read('out/answer'), applied]).toEqual(['wait\n', []]);
    write('patchway-refused.json', refusals('A', 'X'));
    expect(await deploy({ manifests })).toMatchObject({ code: 0 });
    expect(applied).toHaveLength(1);
  });

  it('does not put in place what was refused', async () => {
    const { deploy, applied } = checkout({ ...MERGED, 'patchway-refused.json': refusals('B') }, { '': clusterOf() });
    expect(await deploy({ manifests })).toMatchObject({ code: 2, said: expect.stringContaining('It failed.') });
    expect(applied).toEqual([]);
  });

  it('leaves a stage alone that runs what the lock names, where only moves are of interest', async () => {
    const cluster = clusterOf();
    const files = { ...MERGED, 'images.lock.yaml': lockOf(['B', 'Y'], ['A', 'X']), 'dist/production.k8s.yaml': manifestsOf(['A', 'X']) };
    const { deploy, read, applied } = checkout(files, { '': cluster });
    expect((await deploy({ manifests, onlyMoved: true })).code).toBe(0);
    expect([read('out/answer'), applied]).toEqual(['done\n', []]);
    expect((await deploy({ manifests })).code).toBe(0);
    expect(applied).toHaveLength(1);
  });

  it('says without manifests whether it would', async () => {
    const { deploy, read, applied } = checkout(MERGED, { '': clusterOf() });
    expect(await deploy()).toMatchObject({
      code: 0,
      said: expect.stringMatching(/^deploy: Stage production runs .*, and the lock names /),
    });
    expect([read('out/answer'), applied]).toEqual(['deploy\n', []]);
  });

  describe('where a GitOps controller applies', () => {
    const observe = { manifests, observe: true };

    it('watches what it has put in place', async () => {
      const cluster = clusterOf();
      runs(cluster, 'B', 'Y')();
      const { deploy, applied, read } = checkout(MERGED, { '': cluster });
      expect(await deploy(observe)).toMatchObject({ code: 0 });
      expect([read('out/answer'), applied]).toEqual(['done\n', []]);
    });

    it('waits for it until the deadline, whatever the window', async () => {
      const files = { ...MERGED, 'patch-policy.yaml': policyOf({ windows: CLOSED }) };
      const { deploy, read } = checkout(files, { '': clusterOf() });
      expect(await deploy(observe)).toMatchObject({ code: 0, said: expect.stringContaining('has not put it in place yet') });
      expect(read('out/answer')).toBe('wait\n');
    });

    it('puts back in the lock what it named before, though the controller was quicker', async () => {
      const cluster = clusterOf();
      runs(cluster, 'B', 'Y')();
      cluster.broken.add(digest('B'));
      const { deploy, read, cwd, write } = checkout({ ...MERGED, 'images.lock.yaml': lockOf(['B', 'Y'], ['A', 'X']) }, { '': cluster });
      const git = (...args: readonly string[]) => execFileSync('git', ['-C', cwd, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args]);
      git('init', '-q');
      git('add', '.');
      git('commit', '-qm', 'before');
      write('images.lock.yaml', MERGED['images.lock.yaml']);
      git('commit', '-qam', 'after');
      expect((await deploy(observe)).code).toBe(2);
      expect(read('images.lock.yaml')).toBe(lockOf(['B', 'Y'], ['A', 'X']));
    });
  });

  it.each([
    ['other files', ['images.lock.yaml'], 'not a Kubernetes object'],
    ['files of another stage', ['other.yaml'], 'There is no ConfigMap patchway-config-production-'],
  ])('refuses %s', async (_, files, words) => {
    const other = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: 'elsewhere' } });
    const { deploy } = checkout({ ...MERGED, 'other.yaml': other }, { '': clusterOf() });
    const error = await deploy({ manifests: files }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ exitCode: 65 });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).toContain(words);
  });
});
