import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { type CustomManager, dependenciesIn } from '../../src/cli/ci/renovate-manager.js';
import { parseLock } from '../../src/lock/parse.js';
import { fakeRegistry } from '../agent/fake-registry.js';
import { runIn, sandbox } from './fake-io.js';

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const entry = (tag: string, digit: string) =>
  `{tag: ${tag}, digest: "${digest(digit)}", releasedAt: 2026-11-10T09:00:00Z, releasedFrom: config}`;
const POLICY = `name: shop
timeZone: Europe/Berlin
gate: {deadlines: {critical: 7d, high: 14d, medium: 30d, low: 90d}}
scan: {schedule: 17 3 * * *, scanners: [{kind: trivy}]}
stages:
  - {name: staging, namespace: shop-staging}
  - {name: edge, namespace: shop-edge}
  - {name: production, namespace: shop, after: [staging], soak: 1h}
`;
const repository = (lock = 'schemaVersion: 1\nimages: {}\n') => sandbox({ 'patch-policy.yaml': POLICY, 'images.lock.yaml': lock });

async function renovate(lock?: string, ...options: readonly string[]) {
  const { code, stdout, stderr } = await repository(lock).run('ci', 'renovate', ...options);
  expect(code).toBe(0);
  return { config: JSON.parse(stdout), managers: JSON.parse(stdout).customManagers as readonly CustomManager[], stdout, stderr };
}

const found = (text: string, managers: readonly CustomManager[]) =>
  managers.flatMap((manager) =>
    dependenciesIn(text, manager).map(({ depName, currentValue, currentDigest }) => [depName, currentValue, currentDigest?.slice(7, 10)]),
  );

/** What Renovate writes: the n-th thing that a manager finds, with another tag and digest. */
function replaced(text: string, manager: CustomManager, newValue: string, newDigest: string | undefined, n = 0): string {
  const dependency = dependenciesIn(text, manager)[n];
  const values: Record<string, string | undefined> = { ...dependency, newValue, newDigest };
  const written = manager.autoReplaceStringTemplate
    .replace(/\{\{#if newDigest\}\}(.*)\{\{\/if\}\}/, newDigest === undefined ? '' : '$1')
    .replace(/\{\{\{(\w+)\}\}\}/g, (_, name: string) => values[name] ?? '');
  return text.replace(dependency!.replaceString, () => written);
}

describe('what Renovate finds in a lock', () => {
  it('that `lock update` wrote: what first stages follow and the tools, and no more', async () => {
    const registry = await fakeRegistry();
    onTestFinished(() => registry.close());
    const tools = `tools:\n  agent: {image: ${registry.host}/node, tag: "22"}\n  trivy: {image: ${registry.host}/trivy, tag: 0.74.0}\n`;
    const box = repository(`schemaVersion: 1\nimages: {}\n${tools}`);
    const [one, two] = [registry.image('one', { created: '2026-11-01T00:00:00Z' }), registry.image('two')];
    const index = registry.index([
      { digest: one, platform: { os: 'linux', architecture: 'amd64' } },
      { digest: two, platform: { os: 'linux', architecture: 'arm64' } },
    ]);
    for (const [tag, of] of Object.entries({ '1': index, '1.10': one, latest: two, '22': one, '0.74.0': two })) registry.tag(tag, of);
    const images = [`${registry.host}/web:1`, `${registry.host}/shop/api:1.10`, `${registry.host}/side`];
    expect(await runIn(box.cwd, ['lock', 'update', '--image', ...images], { DOCKER_CONFIG: box.cwd })).toMatchObject({ code: 0 });
    const text = box.read('images.lock.yaml');
    const { managers, stderr } = await renovate(text);
    expect(stderr).toBe('');
    const start = (whole: string) => whole.slice(7, 10);
    const stage = [
      [`${registry.host}/web`, '1', start(index)],
      [`${registry.host}/shop/api`, '1.10', start(one)],
      [`${registry.host}/side`, 'latest', start(two)],
    ];
    expect(found(text, managers)).toEqual([
      ...stage,
      ...stage,
      [`${registry.host}/node`, '22', start(one)],
      [`${registry.host}/trivy`, '0.74.0', start(two)],
    ]);
    expect(parseLock(text, 'lock').images[images[0]!]).toHaveProperty('production');
  });

  const WRITTEN = `# ours
schemaVersion: 1
images:

  # the shop
  nginx:
    # staging: ${entry('1.2', 'c')}
    production: ${entry('1', 'b')}

    staging: ${entry('1', '1')} # held back
  "ghcr.io/acme/web:1.4": # as written
    staging: ${entry("'1.4.2'", 'a')}
    edge: ${entry('1.4.3', 'e')}
  localhost:5000/api:
    pre-staging: ${entry('9', '9')}
tools:
  grype: {image: docker.io/anchore/grype, tag: v0.110.0, digest: "${digest('d')}"}
  trivy: {image: docker.io/aquasec/trivy, tag: 0.74.0}
`;

  it.each([
    ['as it is', WRITTEN],
    ['with the line ends of Windows', WRITTEN.replaceAll('\n', '\r\n')],
  ])('that people wrote, %s', async (_, text) => {
    const { managers } = await renovate(text);
    expect(found(text, managers)).toEqual([
      ['nginx', '1', '111'],
      ['ghcr.io/acme/web', '1.4.2', 'aaa'],
      ['ghcr.io/acme/web', '1.4.3', 'eee'],
      ['docker.io/anchore/grype', 'v0.110.0', 'ddd'],
    ]);
  });

  it('is changed there and nowhere else', async () => {
    const { managers } = await renovate(WRITTEN);
    const [staging, edge, tools] = managers;
    const before = parseLock(WRITTEN, 'lock');
    let text = replaced(WRITTEN, staging!, '2', digest('2'));
    text = replaced(text, staging!, '1.10', digest('3'), 1);
    text = replaced(text, edge!, '1.4.4', digest('4'));
    text = replaced(text, tools!, 'v0.111.0', digest('5'));
    const nginx = before.images['docker.io/library/nginx:latest'];
    const web = before.images['ghcr.io/acme/web:1.4'];
    expect(parseLock(text, 'lock')).toEqual({
      ...before,
      images: {
        ...before.images,
        'docker.io/library/nginx:latest': { ...nginx, staging: { ...nginx?.staging, tag: '2', digest: digest('2') } },
        'ghcr.io/acme/web:1.4': {
          staging: { ...web?.staging, tag: '1.10', digest: digest('3') },
          edge: { ...web?.edge, tag: '1.4.4', digest: digest('4') },
        },
      },
      tools: { ...before.tools, grype: { image: 'docker.io/anchore/grype', tag: 'v0.111.0', digest: digest('5') } },
    });
    expect(text.split('\n').filter((line) => !WRITTEN.includes(line))).toHaveLength(4);
  });

  it('that Prettier formatted, which stays a lock', async () => {
    const formatted = WRITTEN.replace(/^( +)(\S+:) \{(.*)\}/gm, (_, indent: string, key: string, fields: string) =>
      [`${indent}${key}`, `${indent}  {`, ...fields.split(', ').map((field) => `${indent}    ${field},`), `${indent}  }`].join('\n'),
    );
    expect(formatted).toContain('\n    edge:\n      {\n        tag: 1.4.3,\n        digest: ');
    const { managers } = await renovate(formatted);
    expect(found(formatted, managers)).toEqual(found(WRITTEN, managers));
    const changed = managers.slice(0, 3).reduce((text, manager) => replaced(text, manager, '7', digest('7')), formatted);
    expect(found(changed, managers)).toEqual([
      ['nginx', '7', '777'],
      ['ghcr.io/acme/web', '1.4.2', 'aaa'],
      ['ghcr.io/acme/web', '7', '777'],
      ['docker.io/anchore/grype', '7', '777'],
    ]);
    expect(parseLock(changed, 'lock').images['ghcr.io/acme/web:1.4']?.edge).toMatchObject({ tag: '7', releasedFrom: 'config' });
  });

  it('and what it will not find is told', async () => {
    const block = entry('1', 'a')
      .replace('{', '')
      .replace('}', '')
      .split(', ')
      .map((field) => `      ${field}\n`)
      .join('');
    const text = `schemaVersion: 1
images:
  web:
    staging:
${block}  api:1:
    "edge": ${entry('1', 'b')}
    production:
${block}tools:
  trivy: {image: docker.io/aquasec/trivy, tag: 0.74.0}
`;
    const { stderr, managers } = await renovate(text);
    expect(found(text, managers)).toEqual([]);
    expect(stderr.match(/Renovate will not find [^:]+(:\S+)? (in )?\w+/g)).toEqual([
      'Renovate will not find docker.io/library/web:latest in staging',
      'Renovate will not find docker.io/library/api:1 in edge',
      'Renovate will not find tool trivy',
    ]);
  });
});

describe('what Renovate finds in manifests', () => {
  it.each([
    { written: 'patchway.dev/base: alpine:3.19', name: 'alpine', tag: '3.19', after: 'patchway.dev/base: "alpine:3.20"' },
    {
      written: `patchway.dev/base: 'localhost:5000/base1:1'`,
      name: 'localhost:5000/base1',
      tag: '1',
      after: 'patchway.dev/base: "localhost:5000/base1:3.20"',
    },
    {
      written: `annotations: {patchway.dev/base: "debian:12@${digest('1')}", x: y}`,
      name: 'debian',
      tag: '12',
      digest: digest('1'),
      after: `annotations: {patchway.dev/base: "debian:3.20@${digest('2')}", x: y}`,
    },
  ])('$name', async ({ written, name, tag, digest: pinned, after }) => {
    const manager = (await renovate()).managers.at(-1)!;
    expect(dependenciesIn(written, manager)).toEqual([
      expect.objectContaining({ depName: name, currentValue: tag, currentDigest: pinned }),
    ]);
    expect(replaced(written, manager, '3.20', pinned && digest('2'))).toBe(after);
  });

  it('no base without a tag', async () => {
    const manager = (await renovate()).managers.at(-1)!;
    for (const base of ['scratch', 'localhost:5000/base', '""'])
      expect(dependenciesIn(`patchway.dev/base: ${base}\n`, manager)).toEqual([]);
  });
});

describe('patchway ci renovate', () => {
  it('pins bases, merges nothing by itself, and keeps the policy’s time', async () => {
    const { config } = await renovate();
    expect(config).toMatchObject({ $schema: 'https://docs.renovatebot.com/renovate-schema.json', timezone: 'Europe/Berlin' });
    expect(config.packageRules).toEqual([
      expect.objectContaining({ matchManagers: ['custom.regex'], matchFileNames: ['images.lock.yaml'], automerge: false }),
      expect.objectContaining({ matchManagers: ['dockerfile'], pinDigests: true }),
    ]);
  });

  it.each([
    ['3d', '3 days'],
    ['36h', '36 hours'],
    ['90m', '2 hours'],
  ])('holds images for %s', async (age, expected) => {
    const { config } = await renovate(undefined, '--minimum-age', age);
    expect(config.packageRules[0]).toMatchObject({
      matchDatasources: ['docker'],
      minimumReleaseAge: expected,
      minimumReleaseAgeBehaviour: 'timestamp-optional',
    });
  });

  it('names the lock from the root of the repository', async () => {
    const box = repository();
    box.write('infra/lock.yaml', 'schemaVersion: 1\nimages: {}\n');
    const { stdout } = await box.run('ci', 'renovate', '--lock', './infra/../infra/lock.yaml');
    expect(JSON.parse(stdout).customManagers[0].managerFilePatterns).toEqual(['infra/lock.yaml']);
  });
});

describe('patchway ci dependabot', () => {
  it('updates the Dockerfile, and says that it cannot change the lock', async () => {
    const { code, stdout, stderr } = await repository().run('ci', 'dependabot', '--minimum-age', '60h');
    expect([code, stderr]).toEqual([0, 'warning: Dependabot cannot change images.lock.yaml: run `patchway lock update` on a schedule\n']);
    expect(parse(stdout).updates).toEqual([
      {
        'package-ecosystem': 'docker',
        directory: '/',
        schedule: { interval: 'daily', time: '05:00', timezone: 'Europe/Berlin' },
        cooldown: { 'default-days': 3 },
      },
    ]);
    expect(parse((await repository().run('ci', 'dependabot')).stdout).updates[0]).not.toHaveProperty('cooldown');
  });
});

describe.each([
  ['renovate', 'renovate.json'],
  ['dependabot', '.github/dependabot.yml'],
])('patchway ci %s', (updater, file) => {
  it('writes the same bytes twice, and overwrites nothing of another hand', async () => {
    const box = repository();
    const { stdout } = await box.run('ci', updater);
    for (const _ of [1, 2]) {
      expect(await box.run('ci', updater, '-o', file)).toMatchObject({ code: 0 });
      expect(box.read(file)).toBe(stdout);
    }
    box.write(file, '{}\n');
    expect(await box.run('ci', updater, '-o', file)).toMatchObject({ code: 1, stderr: expect.stringContaining('was not written by') });
    expect(box.read(file)).toBe('{}\n');
  });

  it.each<[string, readonly string[], number, string]>([
    ['an image', ['--image', 'ghcr.io/acme/web'], 64, '--image: ci '],
    ['a stage', ['--stage', 'staging'], 64, 'does not take it; github and gitlab do.'],
    ['an age that is none', ['--minimum-age', 'soon'], 64, 'this is not a duration'],
    ['a lock outside of the repository', ['--lock', '../images.lock.yaml'], 64, 'this is outside of the repository'],
    ['no lock', ['--lock', 'none.yaml'], 65, 'the image lock cannot be read'],
    ['no policy', ['--policy', 'none.yaml'], 65, 'none.yaml'],
  ])('refuses %s', async (_, options, code, said) => {
    expect(await repository().run('ci', updater, ...options)).toEqual({ code, stdout: '', stderr: expect.stringContaining(said) });
  });
});

it('workflows take no minimum age', async () => {
  expect(await repository().run('ci', 'github', '--minimum-age', '3d')).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('renovate and dependabot do'),
  });
});
