import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Io } from '../../src/cli/io.js';
import { lockCheck, lockPull, lockShow, lockUpdate } from '../../src/cli/lock.js';
import type { LockPullEffects } from '../../src/cli/lock-pull.js';
import { loadLock } from '../../src/lock/parse.js';
import { PatchwayError } from '../../src/problem.js';
import { type FakeRegistry, fakeRegistry } from '../agent/fake-registry.js';
import { deadHost } from '../agent/server.js';
import { digest, entry } from './support.js';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const POLICY = `name: shop
gate: {deadlines: {critical: 7d, high: 14d, medium: 30d, low: 90d}}
scan: {schedule: 17 3 * * *, scanners: [{kind: trivy}]}
stages:
  - {name: production, namespace: shop, after: [staging], soak: 1h}
  - {name: staging, namespace: shop-staging}
`;

let registry: FakeRegistry;
let directory: string;
let now = NOW;
let out = '';
let err = '';
beforeEach(async () => {
  registry = await fakeRegistry();
  directory = mkdtempSync(join(tmpdir(), 'patchway-commands-'));
  now = NOW;
  out = '';
  err = '';
  write('patch-policy.yaml', POLICY);
});
afterEach(async () => {
  await registry.close();
  rmSync(directory, { recursive: true });
});

const io: Io = {
  out: (text) => {
    out += text;
  },
  err: (text) => {
    err += text;
  },
  stdin: async () => '',
  color: false,
  get env() {
    return { DOCKER_CONFIG: directory };
  },
  get cwd() {
    return directory;
  },
  now: () => now,
};

const policy = 'patch-policy.yaml';
const write = (name: string, text: string) => writeFileSync(join(directory, name), text);
const lockText = () => readFileSync(join(directory, 'images.lock.yaml'), 'utf8');
const lock = () => loadLock(join(directory, 'images.lock.yaml'));
const ref = (tag: string) => `${registry.host}/web:${tag}`;

/** What a command returned, said and complained about. */
async function run(command: Promise<number>): Promise<{ code: number; out: string; err: string }> {
  const result = { code: await command, out, err };
  out = '';
  err = '';
  return result;
}

async function failure(command: Promise<number>): Promise<PatchwayError> {
  const error = await command.then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(PatchwayError);
  return error as PatchwayError;
}

describe('lock update', () => {
  it('writes a first lock: the registry for first stages, the stage before for the others', async () => {
    const [amd, arm] = [registry.image('amd', { created: '2026-11-19T00:00:00Z' }), registry.image('arm')];
    const index = registry.index([
      { digest: amd, platform: { os: 'linux', architecture: 'amd64' } },
      { digest: arm, platform: { os: 'linux', architecture: 'arm64' } },
    ]);
    registry.tag('1.4', index);
    const result = await run(lockUpdate({ policy, image: [ref('1.4')] }, io));
    const expected = {
      tag: '1.4',
      digest: index,
      platforms: { 'linux/amd64': amd, 'linux/arm64': arm },
      releasedAt: '2026-11-19T00:00:00Z',
      releasedFrom: 'config',
    };
    expect(lock().images).toEqual({ [ref('1.4')]: { staging: expected, production: expected } });
    expect(result.out).toContain(`${ref('1.4')} in staging: 1.4 ${index.slice(0, 19)} (released 2026-11-19T00:00:00Z)`);
    expect(result.err).toBe('');
    const before = lockText();
    expect((await run(lockUpdate({ policy }, io))).out).toBe('images.lock.yaml is up to date.\n');
    expect(lockText()).toBe(before);
  });

  it('moves first stages and leaves the others to promotion', async () => {
    const [old, fresh] = [
      registry.image('old', { created: '2026-10-01T00:00:00Z' }),
      registry.image('new', { labels: { 'org.opencontainers.image.created': '2026-11-01T00:00:00Z' } }),
    ];
    registry.tag('1', old);
    await run(lockUpdate({ policy, image: [ref('1')] }, io));
    registry.tag('1', fresh);
    const result = await run(lockUpdate({ policy }, io));
    expect(lock().images[ref('1')]).toMatchObject({ staging: { digest: fresh, releasedFrom: 'label' }, production: { digest: old } });
    expect(result.out).toBe(
      `${ref('1')} in staging: 1 ${old.slice(0, 19)} → ${fresh.slice(0, 19)} (released 2026-11-01T00:00:00Z)\nimages.lock.yaml was written.\n`,
    );
  });

  it('follows the tag that stands in the entry', async () => {
    const patched = registry.image('1.4.2', { created: '2026-11-01T00:00:00Z' });
    registry.tag('1.4.2', patched);
    write(
      'images.lock.yaml',
      `schemaVersion: 1\nimages:\n  ${ref('1.4')}:\n    staging: {tag: 1.4.2, digest: "${digest('a')}", releasedAt: 2026-01-01T00:00:00Z, releasedFrom: config}\n`,
    );
    await run(lockUpdate({ policy }, io));
    expect(lock().images[ref('1.4')]).toMatchObject({
      staging: { tag: '1.4.2', digest: patched },
      production: { tag: '1.4.2', digest: patched },
    });
  });

  it('keeps the old digest while the new one is younger than the minimum age, also without a date', async () => {
    const [old, fresh] = [
      registry.image('old', { created: '1980-01-01T00:00:00Z' }),
      registry.image('new', { created: '0001-01-01T00:00:00Z' }),
    ];
    registry.tag('1', old);
    const first = await run(lockUpdate({ policy, image: [ref('1')], minimumAge: '3d' }, io));
    expect(first.err).toContain(`${ref('1')} in staging: taken although it is not 3d old, as there is no older entry.`);
    registry.tag('1', fresh);
    now += 10 * 86_400_000;
    const held = await run(lockUpdate({ policy, minimumAge: '3d' }, io));
    expect(held.err).toContain(`${fresh.slice(0, 19)} is not 3d old before 2026-12-03T12:00:00Z; ${old.slice(0, 19)} stays.`);
    expect(lock().images[ref('1')]?.staging).toMatchObject({ digest: old, held: { digest: fresh, firstSeenAt: '2026-11-30T12:00:00Z' } });
    now += 3 * 86_400_000 - 1000;
    await run(lockUpdate({ policy, minimumAge: '3d' }, io));
    expect(lock().images[ref('1')]?.staging?.digest).toBe(old);
    now += 1000;
    await run(lockUpdate({ policy, minimumAge: '3d' }, io));
    expect(lock().images[ref('1')]?.staging).toEqual({
      tag: '1',
      digest: fresh,
      releasedAt: '2026-11-30T12:00:00Z',
      releasedFrom: 'firstSeen',
    });
  });

  it('takes the images of workloads of any kind, and resolves tools', async () => {
    for (const tag of ['app', 'init', 'job']) registry.tag(tag, registry.image(tag, { created: '2026-11-01T00:00:00Z' }));
    registry.tag('v1', registry.image('tool'));
    write(
      'k8s.yaml',
      `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {initContainers: [{name: i, image: "${ref('init')}"}], containers: [{name: a, image: "${ref('app')}@${digest('f')}"}]}}}\n---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: j}\nspec: {jobTemplate: {spec: {template: {spec: {containers: [{name: j, image: "${ref('job')}"}]}}}}}\n`,
    );
    write('images.lock.yaml', `schemaVersion: 1\nimages: {}\ntools:\n  trivy: {image: ${registry.host}/web, tag: v1}\n`);
    await run(lockUpdate({ policy, workloads: ['k8s.yaml'] }, io));
    expect(Object.keys(lock().images).sort()).toEqual([ref('app'), ref('init'), ref('job')]);
    expect(lock().tools.trivy).toEqual({ image: `${registry.host}/web`, tag: 'v1', digest: registry.image('tool') });
  });

  it('updates one stage, or the tools alone', async () => {
    const [old, fresh] = [registry.image('old'), registry.image('new')];
    registry.tag('1', old);
    await run(lockUpdate({ policy, image: [ref('1')], stage: 'production' }, io));
    expect(Object.keys(lock().images[ref('1')] ?? {})).toEqual(['production']);
    await run(lockUpdate({ policy }, io));
    registry.tag('1', fresh);
    await run(lockUpdate({ policy, tools: true }, io));
    expect(lock().images[ref('1')]?.staging?.digest).toBe(old);
    expect(await failure(lockUpdate({ policy, stage: 'stagin' }, io))).toMatchObject({
      exitCode: 64,
      message: expect.stringContaining('it has production, staging'),
    });
  });

  it('writes nothing where one reference cannot be resolved, and names every such', async () => {
    registry.tag('1', registry.image('a'));
    await run(lockUpdate({ policy, image: [ref('1')] }, io));
    const before = lockText();
    registry.tag('1', registry.image('b'));
    const dead = await deadHost();
    const error = await failure(lockUpdate({ policy, image: [ref('2'), `${dead}/x:1`] }, io));
    expect(error.exitCode).toBe(1);
    expect(error.message).toContain(`${ref('2')}: ${registry.host} does not have it (404)`);
    expect(error.message).toContain(`${dead} refused the connection`);
    expect(error.message).toContain('images.lock.yaml was not changed.');
    expect(lockText()).toBe(before);
    expect(readdirSync(directory).sort()).toEqual(['images.lock.yaml', 'patch-policy.yaml']);
  });

  it.each([
    { what: 'a reference', options: { image: ['Not Good'] }, code: 64, said: '--image Not Good: not an image reference' },
    { what: 'a duration', options: { minimumAge: '3 days' }, code: 64, said: '--minimum-age 3 days: this is not a duration' },
    { what: 'a file', options: { workloads: ['none.yaml'] }, code: 65, said: 'none.yaml It cannot be read' },
  ])('refuses what is not $what', async ({ options, code, said }) => {
    const error = await failure(lockUpdate({ policy, ...options }, io));
    expect(error).toMatchObject({ exitCode: code, message: expect.stringContaining(said) });
    expect(existsSync(join(directory, 'images.lock.yaml'))).toBe(false);
  });

  it('does not touch a malformed lock', async () => {
    write('images.lock.yaml', 'schemaVersion: 1\nimages: {nginx: {staging: {tag: x}}}\n');
    expect(await failure(lockUpdate({ policy }, io))).toMatchObject({
      exitCode: 65,
      message: expect.stringContaining('images.lock.yaml:2:27'),
    });
    expect(lockText()).toContain('{tag: x}');
  });
});

describe('lock check', () => {
  const checked = (options = {}) => run(lockCheck({ policy, ...options }, io));

  async function locked() {
    registry.tag('1', registry.image('a', { created: '2026-11-01T00:00:00Z' }));
    await run(lockUpdate({ policy, image: [ref('1')] }, io));
  }

  it('is content with a lock that says what the registry says', async () => {
    await locked();
    expect(await checked()).toEqual({ code: 0, out: 'images.lock.yaml is up to date.\n', err: '' });
  });

  it('lists all that is out of date', async () => {
    await locked();
    const fresh = registry.image('b', { created: '2026-11-19T12:00:00Z' });
    registry.tag('1', fresh);
    write(
      'images.lock.yaml',
      `${lockText()}tools:\n  grype: {image: ${registry.host}/web, tag: v1}\n  trivy: {image: ${registry.host}/web, tag: "1", digest: "${registry.image('a', { created: '2026-11-01T00:00:00Z' })}"}\n`,
    );
    write('k8s.yaml', `apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: "${ref('2')}"}]}\n`);
    const { code, out } = await checked({ workloads: ['k8s.yaml'] });
    expect(code).toBe(2);
    expect(out.split('\n').filter(Boolean)).toEqual([
      `${ref('2')} is not locked for stage staging. Add it with \`patchway lock update --image ${ref('2')}\`.`,
      `${ref('2')} is not locked for stage production. Add it with \`patchway lock update --image ${ref('2')}\`.`,
      `tool grype (${registry.host}/web:v1) has no digest. Run \`patchway lock update\`.`,
      expect.stringContaining(`${ref('1')} in staging: 1 is ${fresh.slice(0, 19)} in the registry`),
      expect.stringContaining(`tool trivy: ${registry.host}/web:1 is ${fresh.slice(0, 19)} in the registry`),
    ]);
    expect((await checked({ workloads: ['k8s.yaml'], offline: true })).out.split('\n').filter(Boolean)).toHaveLength(3);
  });

  it('disregards what is younger than the minimum age', async () => {
    await locked();
    registry.tag('1', registry.image('b', { created: '2026-11-19T12:00:00Z' }));
    expect((await checked({ minimumAge: '1d' })).code).toBe(2);
    const young = await checked({ minimumAge: '25h' });
    expect([young.code, young.err]).toEqual([0, expect.stringContaining('is not 25h old before 2026-11-20T13:00:00Z')]);
  });

  it('names a registry that is away, and checks the others all the same', async () => {
    await locked();
    registry.tag('1', registry.image('b', { created: '2026-11-01T00:00:00Z' }));
    const dead = await deadHost();
    const text = lockText();
    write('images.lock.yaml', `${text}${text.slice(text.indexOf(`  ${ref('1')}`)).replace(registry.host, dead)}`);
    const { code, out, err } = await checked();
    expect([code, err]).toEqual([1, expect.stringContaining(`${dead} refused the connection`)]);
    expect(out).toContain(`${ref('1')} in staging`);
    expect((await checked({ offline: true })).code).toBe(0);
  });

  it('wants a lock', async () => {
    expect(await failure(lockCheck({ policy }, io))).toMatchObject({
      exitCode: 65,
      message: expect.stringContaining('images.lock.yaml: the image lock cannot be read'),
    });
  });
});

describe('lock show', () => {
  it('prints text or JSON', async () => {
    write(
      'images.lock.yaml',
      `schemaVersion: 1\nimages:\n  nginx:\n    staging: {tag: "1", digest: "${digest('a')}", releasedAt: 2026-11-10T09:00:00Z, releasedFrom: config, promotedAt: 2026-11-12T00:00:00Z}\ntools:\n  trivy: {image: a/b, tag: v1}\n`,
    );
    const text = (await run(lockShow({}, io))).out.split('\n');
    expect(text[1]).toBe(
      'docker.io/library/nginx:latest  staging  1    sha256:aaaaaaaaaaaa  released 2026-11-10T09:00:00Z, promoted 2026-11-12T00:00:00Z',
    );
    expect(text[2]).toBe('a/b                             (trivy)  v1   no digest');
    const json = JSON.parse((await run(lockShow({ format: 'json' }, io))).out);
    expect(json.images['docker.io/library/nginx:latest'].staging).toEqual(entry('1', 'a', { promotedAt: '2026-11-12T00:00:00Z' }));
    expect(await failure(lockShow({ format: 'xml' }, io))).toMatchObject({ exitCode: 64 });
  });
});

describe('lock pull', () => {
  const reference = 'ghcr.io/acme/web:1.4';
  const line = (tag: string, digit: string) =>
    `{tag: ${tag}, digest: "${digest(digit)}", releasedAt: 2026-11-10T09:00:00Z, releasedFrom: label}`;
  const LOCK = `schemaVersion: 1\nimages:\n  ${reference}: # ours\n    staging: ${line('1.4.2', 'b')}\n    production: ${line('1.4.1', 'a')}\n`;

  const state = (digests: Record<string, string>, more: object = {}) =>
    JSON.stringify({
      schemaVersion: 1,
      workloads: Object.fromEntries(
        Object.entries(digests).map(([name, digit]) => [name, { current: { [reference]: { tag: '1.4.2', digest: digest(digit) } } }]),
      ),
      history: [
        { at: '2026-11-15T00:00:00Z', what: 'blocked', why: 'x' },
        { at: '2026-11-14T00:00:00Z', what: 'promoted', why: 'x', to: { web: { [reference]: { tag: '1.4.2', digest: digest('b') } } } },
      ],
      ...more,
    });

  function cluster(data: object | undefined): LockPullEffects & { paths: string[]; closed: () => number } {
    const paths: string[] = [];
    let closed = 0;
    return {
      paths,
      closed: () => closed,
      connect: async () => ({
        get: async (path) => {
          paths.push(path);
          return data && { metadata: { name: 'x' }, data };
        },
        close: () => {
          closed += 1;
        },
      }),
      client: { metadata: async () => ({ created: '2026-11-13T00:00:00Z', labels: {}, annotations: {} }) },
    };
  }

  beforeEach(() => write('images.lock.yaml', LOCK));

  it('takes over what was promoted, with the release of the same image elsewhere', async () => {
    const effects = cluster({ state: state({ web: 'b', api: 'b' }) });
    const result = await run(lockPull({ policy }, io, effects));
    expect(effects.paths).toEqual(['/api/v1/namespaces/shop/configmaps/patchway-promotion-production']);
    expect(effects.closed()).toBe(1);
    expect(lockText()).toBe(LOCK.replace(line('1.4.1', 'a'), `${line('1.4.2', 'b').slice(0, -1)}, promotedAt: 2026-11-14T00:00:00Z}`));
    expect(result).toEqual({
      code: 0,
      out: `${reference} in production: 1.4.1 sha256:aaaaaaaaaaaa → 1.4.2 sha256:bbbbbbbbbbbb\nimages.lock.yaml was written.\n`,
      err: '',
    });
    const before = lockText();
    expect(await run(lockPull({ policy }, io, effects))).toEqual({
      code: 0,
      out: 'nothing to do: images.lock.yaml says what was promoted.\n',
      err: '',
    });
    expect(lockText()).toBe(before);
  });

  it('asks the registry for the release of an image that no stage has, else takes now', async () => {
    const effects = cluster({ state: state({ web: 'c' }) });
    await run(lockPull({ policy }, io, effects));
    expect(lock().images[reference]?.production).toEqual({
      tag: '1.4.2',
      digest: digest('c'),
      releasedAt: '2026-11-13T00:00:00Z',
      releasedFrom: 'config',
    });
    write('images.lock.yaml', LOCK);
    const away = async () => Promise.reject(new PatchwayError('ghcr.io is away.'));
    const result = await run(lockPull({ policy }, io, { ...effects, client: { metadata: away } }));
    expect(result.err).toBe('ghcr.io is away. Its release time is taken to be now.\n');
    expect(lock().images[reference]?.production).toMatchObject({ releasedAt: '2026-11-20T12:00:00Z', releasedFrom: 'firstSeen' });
  });

  it('leaves an entry on which workloads do not agree', async () => {
    const result = await run(lockPull({ policy }, io, cluster({ state: state({ web: 'b', api: 'c' }) })));
    expect(result.code).toBe(1);
    expect(result.err).toContain(
      `${reference} in production: workloads run it at different digests (sha256:bbbbbbbbbbbb, sha256:cccccccccccc); its entry stays.`,
    );
    expect(lockText()).toBe(LOCK);
  });

  it.each([
    { what: 'before the first promotion', data: {} },
    { what: 'where nothing moved', data: { state: state({ web: 'a' }) } },
  ])('does nothing $what', async ({ data }) => {
    expect((await run(lockPull({ policy }, io, cluster(data)))).code).toBe(0);
    expect(lockText()).toBe(LOCK);
  });

  it.each([
    {
      what: 'no ConfigMap',
      data: undefined,
      said: 'stage production: there is no ConfigMap shop/patchway-promotion-production. Apply the stage',
    },
    { what: 'no JSON', data: { state: '{' }, said: 'the promotion state of production is not JSON' },
    {
      what: 'a malformed digest',
      data: { state: JSON.stringify({ workloads: { web: { current: { [reference]: { tag: '1', digest: 'latest' } } } } }) },
      said: 'no tag and digest, but {"tag":"1","digest":"latest"}',
    },
  ])('says that there is $what, and leaves the lock', async ({ data, said }) => {
    const effects = cluster(data);
    expect(await failure(lockPull({ policy }, io, effects))).toMatchObject({ exitCode: 1, message: expect.stringContaining(said) });
    expect(effects.closed()).toBe(1);
    expect(lockText()).toBe(LOCK);
  });

  it('says that the API server is away', async () => {
    const connect = async () => Promise.reject(new PatchwayError('kubectl cannot reach the cluster'));
    expect(await failure(lockPull({ policy }, io, { ...cluster({}), connect }))).toMatchObject({ exitCode: 1 });
    expect(lockText()).toBe(LOCK);
  });

  it('leaves out a reference that the lock no longer has', async () => {
    write('images.lock.yaml', 'schemaVersion: 1\nimages: {}\n');
    const result = await run(lockPull({ policy }, io, cluster({ state: state({ web: 'b' }) })));
    expect([result.code, result.err]).toEqual([0, `${reference} in production: the lock has no such reference any more; left out.\n`]);
  });
});
