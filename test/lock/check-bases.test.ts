import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type FakeRegistry, fakeRegistry } from '../agent/fake-registry.js';
import { deadHost } from '../agent/server.js';
import { runIn, sandbox } from '../cli/fake-io.js';
import { digest } from './support.js';

const NAME = 'org.opencontainers.image.base.name';
const DIGEST = 'org.opencontainers.image.base.digest';
const POLICY = `name: shop
gate: {deadlines: {critical: 7d, high: 14d, medium: 30d, low: 90d}}
scan: {schedule: 17 3 * * *, scanners: [{kind: trivy}]}
stages:
  - {name: staging, namespace: shop-staging}
  - {name: production, namespace: shop, after: [staging], soak: 1h}
`;
const AMD = { os: 'linux', architecture: 'amd64' };
const BASE = { created: '2026-11-01T00:00:00Z', layers: ['base'], system: AMD };
const OWN = { created: '2026-11-02T00:00:00Z', layers: ['base', 'own'], system: AMD };

let registry: FakeRegistry;
let box: ReturnType<typeof sandbox>;
beforeEach(async () => {
  registry = await fakeRegistry();
  onTestFinished(() => registry.close());
  box = sandbox({ 'patch-policy.yaml': POLICY });
});

/** The registry holds one repository under any name: bases and images differ by tag there. */
const web = () => `${registry.host}/web:1`;
const base = () => `${registry.host}/base:2`;
const short = (whole: string) => whole.slice(0, 19);
const run = (...args: readonly string[]) => runIn(box.cwd, ['lock', ...args], { DOCKER_CONFIG: box.cwd });
const check = (...args: readonly string[]) => run('check', ...args);
const locked = async (image: string) => {
  registry.tag('1', image);
  expect(await run('update', '--image', web())).toMatchObject({ code: 0 });
};
const workload = (says: string) =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, annotations: {patchway.dev/base: "${says}"}}\n` +
  `spec: {template: {spec: {initContainers: [{name: i, image: "${registry.host}/init:1"}], containers: [{name: a, image: "${web()}"}, {name: b, image: "${registry.host}/side:1"}]}}}\n`;
const json = async (...args: readonly string[]) => JSON.parse((await check('--format', 'json', ...args)).stdout);

describe('lock check shows bases', () => {
  it('that are what was built on, with their age', async () => {
    const used = registry.image('base', BASE);
    registry.tag('2', used);
    await locked(registry.image('web', { ...OWN, annotations: { [NAME]: base(), [DIGEST]: used } }));
    const { code, stdout, stderr } = await check();
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^IMAGE +STAGES +BASE +BASE RELEASED +BASE NOW +END OF LIFE$/),
      expect.stringMatching(new RegExp(`^${web()}  staging, production  ${base()}  2026-11-01 \\(20d\\)  current   unknown$`)),
      'images.lock.yaml is up to date.',
      '',
    ]);
    expect((await json()).bases).toEqual([
      {
        reference: web(),
        digest: expect.stringMatching(/^sha256:/),
        stages: ['staging', 'production'],
        base: {
          name: base(),
          namedBy: 'annotation',
          digest: used,
          releasedAt: '2026-11-01T00:00:00Z',
          state: 'current',
          reason: null,
          newest: { digest: used, releasedAt: '2026-11-01T00:00:00Z' },
        },
        failure: null,
        endOfLife: 'unknown',
        distribution: null,
      },
    ]);
  });

  it('that have moved on: the answer is no', async () => {
    const [used, newer] = [
      registry.image('base', BASE),
      registry.image('newer', { ...BASE, created: '2026-11-20T10:00:00Z', layers: ['newer'] }),
    ];
    registry.tag('2', newer);
    await locked(registry.image('web', { ...OWN, labels: { [NAME]: base(), [DIGEST]: used } }));
    const { code, stdout } = await check();
    expect(code).toBe(2);
    expect(stdout).toContain(`2026-11-01 (20d)  behind ${short(newer)} of 2026-11-20  unknown\n`);
    expect(stdout).toContain(
      `${web()} in staging, production: its base ${base()} is ${short(newer)} in the registry, ${short(used)} in the image. Build it again on that`,
    );
    expect((await json()).bases[0].base).toMatchObject({ namedBy: 'label', state: 'behind', releasedAt: '2026-11-01T00:00:00Z' });
    const young = await check('--minimum-age', '3d');
    expect([young.code, young.stderr]).toEqual([0, expect.stringContaining('which is not 3d old before 2026-11-23T10:00:00Z')]);
    expect((await check('--minimum-age', '1d')).code).toBe(2);
    expect(await check('--no-bases')).toEqual({ code: 0, stdout: 'images.lock.yaml is up to date.\n', stderr: '' });
    expect(await check('--offline')).toEqual({ code: 0, stdout: 'images.lock.yaml is up to date.\n', stderr: '' });
  });

  it('without an age where what was built on is gone', async () => {
    registry.tag('2', registry.image('newer', { ...BASE, layers: ['newer'] }));
    await locked(registry.image('web', { ...OWN, annotations: { [NAME]: base(), [DIGEST]: digest('f') } }));
    const { bases } = await json();
    expect(bases[0]).toMatchObject({ base: { state: 'behind', releasedAt: null }, failure: null });
    expect((await check()).stdout).toContain(`${base()}  unknown        behind`);
  });

  it('that workloads name, by the layers of the image', async () => {
    registry.tag('2', registry.image('base', { ...BASE, created: '1980-01-01T00:00:00Z' }));
    registry.tag('side', registry.image('side', OWN));
    await locked(registry.image('web', OWN));
    box.write('k8s.yaml', workload(base()));
    const { bases } = await json('-w', 'k8s.yaml');
    expect(bases).toHaveLength(1);
    expect(bases[0].base).toMatchObject({ namedBy: 'workload', state: 'current', digest: null, releasedAt: null });
    registry.tag('2', registry.image('newer', { ...BASE, layers: ['newer'] }));
    expect((await check('-w', 'k8s.yaml')).stdout).toContain('and the image does not begin with its layers. Build it again');
  });

  it('of the platform that was looked at', async () => {
    const [amd, arm] = [
      registry.image('amd', { layers: ['amd'], system: AMD }),
      registry.image('arm', { ...BASE, system: { os: 'linux', architecture: 'arm64' } }),
    ];
    registry.tag(
      '2',
      registry.index([
        { digest: amd, platform: AMD },
        { digest: arm, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
      ]),
    );
    await locked(registry.image('web', { ...OWN, system: { os: 'linux', architecture: 'arm64' }, annotations: { [NAME]: base() } }));
    expect((await json()).bases[0].base.state).toBe('current');
    await locked(registry.image('risc', { ...OWN, system: { os: 'linux', architecture: 'riscv64' }, annotations: { [NAME]: base() } }));
    expect((await check()).stderr).toContain('no image for linux/riscv64 (platforms: linux/amd64, linux/arm64)');
  });

  it('that an index says of its image', async () => {
    registry.tag('2', registry.image('base', BASE));
    const image = registry.image('web', OWN);
    await locked(registry.index([{ digest: image, platform: AMD, annotations: { [NAME]: base() } }]));
    expect((await json()).bases[0].base).toMatchObject({ namedBy: 'annotation', state: 'current' });
  });

  it('that name no tag, without asking for one', async () => {
    const used = registry.image('base', BASE);
    await locked(registry.image('web', { ...OWN, labels: { [NAME]: `${registry.host}/base@${used}` } }));
    const { code, stdout } = await check();
    expect([code, stdout]).toEqual([0, expect.stringContaining('2026-11-01 (20d)  unknown: it is named without a tag')]);
  });

  it('asks no private address that only an image names', async () => {
    const other = `localhost:${registry.host.split(':')[1]}/base:2`;
    registry.tag('2', registry.image('base', BASE));
    await locked(registry.image('web', { ...OWN, labels: { [NAME]: other } }));
    expect((await json()).bases[0].base).toMatchObject({ state: 'unknown', newest: null });
    box.write('k8s.yaml', workload(other));
    expect((await json('-w', 'k8s.yaml')).bases[0].base).toMatchObject({ state: 'current', namedBy: 'workload' });
  });
});

describe('lock check names what could not be asked, and checks the rest', () => {
  it.each<{ what: string; of: () => Promise<string>; said: string }>([
    { what: 'a base that is not there', of: async () => `${registry.host}/base:none`, said: 'base:none: ' },
    { what: 'a registry that is away', of: async () => `${await deadHost()}/base:2`, said: 'refused the connection' },
  ])('$what', async ({ of, said }) => {
    await locked(registry.image('web', OWN));
    registry.tag('1', registry.image('moved', { ...OWN, created: '2026-11-03T00:00:00Z' }));
    box.write('k8s.yaml', workload(await of()));
    const { code, stdout, stderr } = await check('-w', 'k8s.yaml');
    expect([code, stderr]).toEqual([1, expect.stringContaining(`${web()}: base `)]);
    expect(stderr).toContain(said);
    expect(stdout).toContain('not answered');
    expect(stdout).toContain(`${web()} in staging: 1 is `);
  });

  it.each([
    ['a base that is none', ['Not Good'], 'This is not an image reference.'],
    ['two bases of one image', ['alpine:3.19', 'alpine:3.20'], 'Deployment/web says that the base of'],
  ])('%s', async (_, says, said) => {
    await locked(registry.image('web', OWN));
    box.write('k8s.yaml', says.map((each) => workload(each)).join('---\n'));
    expect(await check('-w', 'k8s.yaml')).toEqual({ code: 65, stdout: '', stderr: expect.stringContaining(said) });
  });

  it('and knows two formats', async () => {
    await locked(registry.image('web', OWN));
    expect(await check('--format', 'xml')).toMatchObject({ code: 64, stderr: expect.stringContaining('there are text and json') });
  });
});

describe('the end of life', () => {
  const report = (of: string, system: object | undefined) =>
    JSON.stringify({
      SchemaVersion: 2,
      ArtifactName: web(),
      Metadata: { RepoDigests: [`${registry.host}/web@${of}`], ...(system && { OS: system }) },
      Results: [],
    });
  const ENDED = { Family: 'alpine', Name: '3.15.4', EOSL: true };

  it('is what a report of the image says', async () => {
    const image = registry.image('web', OWN);
    await locked(image);
    box.write('trivy.json', report(image, ENDED));
    const { code, stdout } = await check('--report', 'trivy.json', '--offline');
    expect(code).toBe(2);
    expect(stdout).toContain('ended (alpine 3.15.4)');
    expect(stdout).toContain(`${web()} in staging, production: alpine 3.15.4 has reached its end of life`);
    box.write('patch-policy.yaml', POLICY.replace('gate: {', 'gate: {endOfLife: ignore, '));
    expect(await check('-r', 'trivy.json')).toMatchObject({ code: 0, stdout: expect.stringContaining('ended (alpine 3.15.4)') });
  });

  it('is not reported, or unknown, otherwise', async () => {
    const image = registry.image('web', OWN);
    await locked(image);
    box.write('current.json', report(image, { Family: 'alpine', Name: '3.23.0' }));
    box.write('other.json', report(digest('e'), ENDED));
    expect((await json('-r', 'current.json')).bases[0].endOfLife).toBe('notReported');
    expect((await json('-r', 'other.json')).bases[0].endOfLife).toBe('unknown');
  });
});

describe('an entry that an updater changed', () => {
  it('is out of date until `lock update` completed it', async () => {
    await locked(registry.image('web', OWN));
    const image = registry.image('next', { ...OWN, created: '2026-11-09T00:00:00Z' });
    registry.tag('1', image);
    box.write('images.lock.yaml', box.read('images.lock.yaml').replace(/(staging: .*digest: ")[^"]*/, `$1${image}`));
    const { code, stdout } = await check();
    expect([code, stdout]).toEqual([
      2,
      `${web()} in staging: platforms or release are not those of ${short(image)}. Run \`patchway lock update\`.\n`,
    ]);
    await run('update');
    expect(box.read('images.lock.yaml')).toMatch(/staging: .*releasedAt: 2026-11-09T00:00:00Z/);
    expect((await check()).code).toBe(0);
  });
});
