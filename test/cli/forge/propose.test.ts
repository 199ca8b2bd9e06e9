import { describe, expect, it } from 'vitest';
import { digest, HOUR, image, MINUTE, NOW } from '../../promotion/support.js';
import { checkout, clusterOf, lockOf, policyOf } from './support.js';

const FILES = { 'patch-policy.yaml': policyOf(), 'images.lock.yaml': lockOf(['B', 'Y'], ['A', 'X']) };
const REFUSED = (letter: string) =>
  JSON.stringify({
    schemaVersion: 1,
    refused: { production: [{ digest: digest(letter), reason: 'It failed.', at: '2026-11-20T00:00:00Z' }] },
  });

describe('patchway forge propose', () => {
  it('writes into the lock what the stage before runs, and changes nothing else of it', async () => {
    const { propose, read, closed } = checkout(FILES, { '': clusterOf() });
    const { code, said } = await propose();
    expect([code, said]).toEqual([
      0,
      expect.stringMatching(/^promote: Promoting api:1\.4\.24 .*web:1\.4\.1 .* from staging to production: /),
    ]);
    expect(read('images.lock.yaml')).toBe(lockOf(['B', 'Y'], ['B', 'Y']));
    expect(read('out/answer')).toBe('propose\n');
    const [title, empty, ...body] = read('out/message').split('\n');
    expect([title, empty]).toEqual(['Promote web:1.4.1, api:1.4.24 to production', '']);
    expect(body.join('\n')).toContain(`| \`ghcr.io/acme/web:1.4\` | \`1.4.0@${digest('A')}\` | \`1.4.1@${digest('B')}\` |`);
    expect(closed).toEqual(['']);
  });

  it('changes nothing in the cluster', async () => {
    const cluster = clusterOf();
    await checkout(FILES, { '': cluster }).propose();
    expect(cluster.requests.filter((request) => !request.startsWith('GET '))).toEqual([]);
  });

  it('only says it without a directory to write to', async () => {
    const { propose, read, list } = checkout(FILES, { '': clusterOf() });
    expect(await propose({})).toMatchObject({ code: 0, said: expect.stringContaining('promote: ') });
    expect(read('images.lock.yaml')).toBe(FILES['images.lock.yaml']);
    expect(list()).toEqual(['images.lock.yaml', 'patch-policy.yaml']);
  });

  it('counts the soak from look to look, and keeps an open request while the window is closed', async () => {
    const windows = [{ kind: 'allow', schedule: '30 12 * * *', duration: '2h', cutoff: '0s' }];
    const cluster = clusterOf();
    const files = { ...FILES, 'patch-policy.yaml': policyOf({ soak: '1h', windows }) };
    const { propose, read, write } = checkout(files, { '': cluster });
    const answers: string[] = [];
    for (const minutes of [0, 20, 40, 61, 140, 151]) {
      cluster.now = NOW + minutes * MINUTE;
      write('images.lock.yaml', FILES['images.lock.yaml']);
      const { said } = await propose();
      answers.push(`${read('out/answer').trim()} ${said.split(':')[0]}`);
      if (minutes === 61) write('out/proposed.lock.yaml', read('images.lock.yaml'));
    }
    expect(answers).toEqual(['withdraw wait', 'withdraw wait', 'withdraw wait', 'propose promote', 'propose promote', 'keep wait']);
    write('out/proposed.lock.yaml', lockOf(['C', 'Y'], ['C', 'Y']));
    await propose();
    expect(read('out/answer')).toBe('withdraw\n');
  });

  it('is blocked by what git says was refused, until that is removed', async () => {
    const { propose, read, write } = checkout({ ...FILES, 'patchway-refused.json': REFUSED('B') }, { '': clusterOf() });
    const { code, said } = await propose();
    expect([code, read('out/answer')]).toEqual([2, 'withdraw\n']);
    expect(said).toContain('blocked: web:1.4.1');
    expect(said).toContain('It failed.');
    expect(read('images.lock.yaml')).toBe(FILES['images.lock.yaml']);
    write('patchway-refused.json', REFUSED('C'));
    expect((await propose()).code).toBe(0);
  });

  it('waits while the lock names what has not been deployed', async () => {
    const files = { ...FILES, 'images.lock.yaml': lockOf(['B', 'Y'], ['B', 'Y']) };
    const { propose, read } = checkout(files, { '': clusterOf() });
    expect(await propose()).toMatchObject({ code: 0, said: expect.stringContaining('that has not been deployed yet') });
    expect(read('out/answer')).toBe('withdraw\n');
  });

  it('says of an image that the stages before have left what is known of it', async () => {
    const cluster = clusterOf();
    const files = { 'patch-policy.yaml': policyOf({ soak: '1h' }), 'images.lock.yaml': lockOf(['C', 'X'], ['A', 'X']) };
    const { propose, read } = checkout(files, { '': cluster });
    cluster.deploy('storefront-staging', 'api', 'X');
    await propose();
    cluster.now += 30 * MINUTE;
    await propose();
    cluster.deploy('storefront-staging', 'web', 'C');
    cluster.now += HOUR;
    expect(await propose()).toMatchObject({ code: 0, said: expect.stringMatching(/^promote: .*web:1\.4\.1 /) });
    expect(read('images.lock.yaml')).toContain(
      `production: {tag: ${image('B').tag}, digest: "${digest('B')}", releasedAt: 2026-11-21T12:00:00.000Z, releasedFrom: firstSeen}`,
    );
  });

  it('looks at each stage in its own cluster, whatever their namespaces are called', async () => {
    const [us, eu] = [clusterOf(), clusterOf()];
    us.deploy('storefront', 'web', 'C');
    us.deploy('storefront', 'api', 'Y');
    const policy = JSON.parse(policyOf({ cluster: 'eu-1' }));
    policy.stages[0] = { name: 'staging', namespace: 'storefront', cluster: 'us-1' };
    const files = { 'patch-policy.yaml': JSON.stringify(policy), 'images.lock.yaml': lockOf(['C', 'Y'], ['A', 'X']) };
    const { propose, read, closed } = checkout(files, { 'us-1': us, 'eu-1': eu });
    expect(await propose()).toMatchObject({ code: 0, said: expect.stringContaining('web:1.4.2') });
    expect(read('images.lock.yaml')).toBe(lockOf(['C', 'Y'], ['C', 'Y']));
    await new Promise((resolve) => setImmediate(resolve));
    expect(closed.sort()).toEqual(['eu-1', 'us-1']);
    expect(us.requests.some((request) => request.includes('/configmaps/patchway-evidence-'))).toBe(true);
  });

  it.each<[string, Readonly<Record<string, string>>, { readonly to?: string }, number, string]>([
    ['a stage that there is none of', {}, { to: 'prod' }, 64, 'it has staging, production'],
    ['a first stage', {}, { to: 'staging' }, 64, '`patchway lock update` moves it'],
    [
      'jobs',
      { 'patch-policy.yaml': policyOf({}, { promotion: { engine: 'jobs' } }) },
      {},
      64,
      'Set promotion.engine to github-actions or gitlab-ci',
    ],
    [
      'an image that the lock does not name',
      { 'images.lock.yaml': 'schemaVersion: 1\nimages: {}\n' },
      {},
      65,
      'is not locked for stage production',
    ],
    ['refusals that are none', { 'patchway-refused.json': '{"refused": []}' }, {}, 65, 'not a list of refused digests'],
    ['refusals that are cut off', { 'patchway-refused.json': '{' }, {}, 65, 'not JSON'],
  ])('refuses %s', async (_, files, options, exitCode, words) => {
    const { propose } = checkout({ ...FILES, ...files }, { '': clusterOf() });
    const error = await propose(options).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ exitCode });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).toContain(words);
  });
});
