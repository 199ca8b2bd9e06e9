import { describe, expect, it } from 'vitest';
import { type FetchEffects, fetchWith } from '../../src/agent/fetch.js';
import type { FetchedImage } from '../../src/agent/scan/target.js';
import type { ScanPolicy } from '../../src/policy/policy.js';
import { PatchwayError } from '../../src/problem.js';
import { FakeCluster, fakeContext } from '../scan/fake.js';
import { config, DIGEST, image, MINUTE, policy, workload } from '../scan/fixture.js';

const START = Date.parse('2026-11-20T03:17:00Z');
const REPOSITORY = 'ghcr.io/acme/web';
const shop = [workload('web', image('web', `${REPOSITORY}:1`)), workload('worker', image('main', `${REPOSITORY}:1`))];

const deployment = (images: Readonly<Record<string, string>>, replicas: number) => ({
  spec: { replicas, template: { spec: { containers: Object.entries(images).map(([name, image]) => ({ name, image })) } } },
  status: { replicas },
});

interface Setup {
  readonly deployments?: Readonly<Record<string, ReturnType<typeof deployment>>>;
  readonly platforms?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly failing?: unknown;
  readonly hangs?: boolean;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cluster?: object;
  readonly scanners?: ScanPolicy['scanners'];
}

async function run({ deployments = {}, platforms = {}, tags = {}, failing, hangs = false, env = {}, cluster: given, scanners }: Setup) {
  const cluster = new FakeCluster();
  for (const [name, object] of Object.entries(deployments)) {
    cluster.put(`/apis/apps/v1/namespaces/shop-staging/deployments/${name}`, object);
  }
  const { context, lines } = fakeContext(given ?? cluster, config(shop, policy(scanners && { scan: { scanners } })), START, env);
  const pulled: (readonly [string, string, string])[] = [];
  const written = new Map<string, FetchedImage>();
  const effects: FetchEffects = {
    platform: 'linux/arm64',
    link: async () => {},
    write: async (file, text) => {
      written.set(file, JSON.parse(text) as FetchedImage);
    },
    registry: async () => ({
      resolve: async (reference) => {
        if (hangs) return new Promise(() => {});
        if (failing !== undefined) throw failing;
        const digest = tags[reference] ?? reference.slice(reference.indexOf('sha256:'));
        return { digest, platforms, mediaType: '' };
      },
      pullToLayout: async (reference, directory, platform) => {
        pulled.push([reference, directory, platform]);
        return { digest: '', platforms, mediaType: '', imageDigest: '', bytes: 0 };
      },
    }),
  };
  const code = await fetchWith(context, effects);
  const target = written.get('/work/target.json');
  if (target === undefined) throw new Error('nothing was written');
  return { code, target, pulled, lines };
}

describe('which image is fetched', () => {
  const at = (digest: string) => `${REPOSITORY}:1.0@${digest}`;
  it.each([
    ['the locked one where nothing is deployed', {}, DIGEST.locked],
    ['what runs, whatever the lock says', { web: deployment({ web: at(DIGEST.old) }, 2) }, DIGEST.old],
    [
      'what most replicas run, over all workloads',
      { web: deployment({ web: at(DIGEST.new) }, 2), worker: deployment({ main: at(DIGEST.old) }, 3) },
      DIGEST.old,
    ],
    [
      'the locked one of two that run equally often',
      { web: deployment({ web: at(DIGEST.old) }, 2), worker: deployment({ main: at(DIGEST.locked) }, 2) },
      DIGEST.locked,
    ],
    [
      'the locked one where a container runs another repository',
      { web: deployment({ web: `ghcr.io/other@${DIGEST.old}` }, 2) },
      DIGEST.locked,
    ],
    ['the locked one where the container is gone', { web: deployment({ sidecar: at(DIGEST.old) }, 2) }, DIGEST.locked],
  ] as const)('%s', async (_name, deployments, digest) => {
    const { code, target, pulled } = await run({ deployments });
    expect(code).toBe(0);
    expect(pulled).toEqual([[`${REPOSITORY}@${digest}`, '/work/image', 'linux/arm64']]);
    expect(target).toEqual({ startedAt: '2026-11-20T03:17:00Z', digest, platforms: {}, fetchedAt: '2026-11-20T03:17:00Z' });
  });

  it('asks the registry for the digest where a Deployment names only a tag', async () => {
    const deployments = { web: deployment({ web: `${REPOSITORY}:hotfix` }, 1) };
    const { pulled } = await run({ deployments, tags: { [`${REPOSITORY}:hotfix`]: DIGEST.new } });
    expect(pulled.map(([reference]) => reference)).toEqual([`${REPOSITORY}@${DIGEST.new}`]);
  });

  it.each([
    ['its own', { 'linux/amd64': DIGEST.old, 'linux/arm64': DIGEST.new }, 'linux/arm64'],
    ['the usual one', { 'linux/s390x': DIGEST.old, 'linux/amd64': DIGEST.new }, 'linux/amd64'],
    ['the only one', { 'windows/amd64': DIGEST.old }, 'windows/amd64'],
  ])('of an index, %s platform', async (_name, platforms, expected) => {
    const { pulled, target } = await run({ platforms });
    expect(pulled.map(([, , platform]) => platform)).toEqual([expected]);
    expect(target.platforms).toEqual(platforms);
  });
});

it('only looks the image up where no scanner runs in the pod', async () => {
  const { pulled, target } = await run({ scanners: [{ kind: 'clair', server: 'http://clair.test:6060', args: [] }] });
  expect(pulled).toEqual([]);
  expect(target).toMatchObject({ digest: DIGEST.locked, fetchedAt: '2026-11-20T03:17:00Z' });
});

describe('what cannot be fetched', () => {
  it('is told to the scan, for the digest it is about, and the pod goes on', async () => {
    const deployments = { web: deployment({ web: `${REPOSITORY}:1@${DIGEST.old}` }, 1) };
    const { code, target, pulled, lines } = await run({ deployments, failing: new PatchwayError('ghcr.io wants credentials (401)') });
    expect(code).toBe(0);
    expect(pulled).toEqual([]);
    expect(target).toEqual({
      startedAt: '2026-11-20T03:17:00Z',
      digest: DIGEST.old,
      platforms: {},
      failure: { status: 'failed', message: 'ghcr.io wants credentials (401)' },
    });
    expect(lines.at(-1)).toBe('not fetched: ghcr.io wants credentials (401)');
  });

  it('is about the locked digest where the API server is away', async () => {
    const cluster = { get: () => Promise.reject(new PatchwayError('the API server did not answer: timeout')) };
    const { code, target } = await run({ cluster });
    expect(code).toBe(0);
    expect(target).toMatchObject({
      digest: DIGEST.locked,
      failure: { status: 'failed', message: 'the API server did not answer: timeout' },
    });
  });

  it('is a timeout where the registry takes longer than the policy allows', async () => {
    const { code, target } = await run({ hangs: true });
    expect(code).toBe(0);
    expect(policy().scan.timeout).toBe(15 * MINUTE);
    expect(target.failure).toEqual({ status: 'timeout', message: 'it could not be fetched within 15m (scan.timeout)' });
  });
});

describe('a pod that is not of this configuration', () => {
  it.each([
    [{ JOB_COMPLETION_INDEX: '7' }, /has 1 images and none with index 7\. Apply all of the manifests/],
    [{ JOB_COMPLETION_INDEX: undefined }, /JOB_COMPLETION_INDEX is not set/],
  ])('%j is refused', async (env, message) => {
    await expect(run({ env })).rejects.toThrow(message);
  });
});
