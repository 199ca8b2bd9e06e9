import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpRequest, HttpResponse } from '../../src/agent/http.js';
import { credentialsFrom, registryClient } from '../../src/agent/registry.js';
import { askClair, type ClairEffects } from '../../src/agent/scan/clair.js';
import { scanWith } from '../../src/agent/scan.js';
import { parseEvidence } from '../../src/gate/parse-evidence.js';
import { names } from '../../src/manifest/names.js';
import { PatchwayError } from '../../src/problem.js';
import { FakeCluster, fakeContext } from '../scan/fake.js';
import { config, DIGEST, image, MINUTE, policy, workload } from '../scan/fixture.js';
import { type FakeRegistry, fakeRegistry, sha256 } from './fake-registry.js';

const START = Date.parse('2026-11-20T03:17:00Z');
const REPOSITORY = 'ghcr.io/acme/web';
const EVIDENCE = `/api/v1/namespaces/shop-staging/configmaps/${names.evidence(REPOSITORY)}`;
const CLAIR = { kind: 'clair', server: 'http://clair.test:6060', args: [] } as const;

const report = (tag: string) => readFileSync(new URL(`../gate/fixtures/clair-web-${tag}.json`, import.meta.url), 'utf8');

type Told = readonly [status: number, body?: unknown];

/** A Clair that gives these answers in turn, the last one for ever. */
function fakeClair(answers: { readonly index?: readonly Told[]; readonly report?: readonly Told[] }) {
  const asked: HttpRequest[] = [];
  const { index = [[201, { state: 'IndexFinished', err: '' }]], report: reports = [[200, JSON.parse(report('1.0.0'))]] } = answers;
  const turns = { index: 0, report: 0 };
  const send = async (options: HttpRequest): Promise<HttpResponse> => {
    asked.push(options);
    const kind = options.url.includes('/indexer/') ? 'index' : 'report';
    const told = kind === 'index' ? index : reports;
    const [status, body = ''] = told[Math.min(turns[kind], told.length - 1)] ?? [500];
    turns[kind] += 1;
    return { status, headers: {}, url: options.url, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) };
  };
  return { asked, send };
}

const LAYERS = {
  digest: DIGEST.platform,
  layers: [
    { digest: DIGEST.old, url: 'https://ghcr.io/v2/acme/web/blobs/1', headers: { authorization: 'Bearer token' } },
    { digest: DIGEST.new, url: 'https://ghcr.io/v2/acme/web/blobs/2', headers: {} },
  ],
};

function effects(send: ClairEffects['send'], rest: Partial<ClairEffects> = {}): ClairEffects {
  return {
    registry: async () => ({ layers: async () => LAYERS }),
    authority: async () => undefined,
    send,
    platform: 'linux/amd64',
    ...rest,
  };
}

/** Time passes by sleeping alone, and whoever sleeps shortest wakes first. */
function world(cluster: object = {}) {
  const document = policy({ scan: { scanners: [CLAIR] } });
  const { context, lines, clock } = fakeContext(cluster, config([workload('web', image('web', `${REPOSITORY}:1`))], document), START);
  const sleeping: { readonly until: number; readonly wake: () => void }[] = [];
  const sleep = (milliseconds: number) =>
    new Promise<void>((wake) => {
      sleeping.push({ until: clock.now + milliseconds, wake });
      setImmediate(() => {
        const next = sleeping.sort((a, b) => a.until - b.until).shift();
        if (next === undefined) return;
        clock.now = Math.max(clock.now, next.until);
        next.wake();
      });
    });
  return { context: { ...context, sleep }, lines, clock };
}

const ask = (send: ClairEffects['send'], rest: Partial<ClairEffects> = {}) =>
  askClair(
    world().context,
    CLAIR,
    { repository: REPOSITORY, digest: DIGEST.index, platforms: {} },
    START + 15 * MINUTE,
    effects(send, rest),
  );

describe('Clair is asked', () => {
  it('to index the layers, told how to get them, and then for its report', async () => {
    const { asked, send } = fakeClair({});
    const { run, report: found } = await ask(send);
    expect(run).toEqual({ kind: 'clair', status: 'ok' });
    expect(found?.findings).toHaveLength(8);
    expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST http://clair.test:6060/indexer/api/v1/index_report',
      `GET http://clair.test:6060/matcher/api/v1/vulnerability_report/${DIGEST.platform}`,
    ]);
    expect(JSON.parse(String(asked[0]?.body))).toEqual({
      hash: DIGEST.platform,
      layers: [
        { hash: DIGEST.old, uri: 'https://ghcr.io/v2/acme/web/blobs/1', headers: { authorization: ['Bearer token'] } },
        { hash: DIGEST.new, uri: 'https://ghcr.io/v2/acme/web/blobs/2', headers: {} },
      ],
    });
  });

  it('about the image of this node’s platform', async () => {
    const asked: string[] = [];
    const registry = async () => ({
      layers: async (reference: string, platform: string) => {
        asked.push(`${reference} ${platform}`);
        return LAYERS;
      },
    });
    const platforms = { 'linux/amd64': DIGEST.platform, 'linux/arm64': DIGEST.old };
    const clairImage = { repository: REPOSITORY, digest: DIGEST.index, platforms };
    const rest = { registry, platform: 'linux/arm64' };
    await askClair(world().context, CLAIR, clairImage, START + MINUTE, effects(fakeClair({}).send, rest));
    expect(asked).toEqual([`${REPOSITORY}@${DIGEST.index} linux/arm64`]);
  });

  it('again while it indexes, and while it has no vulnerabilities yet', async () => {
    const { asked, send } = fakeClair({
      index: [
        [201, { state: 'ScanLayers' }],
        [200, { state: 'Coalesce' }],
        [200, { state: 'IndexFinished' }],
      ],
      report: [[202], [200, JSON.parse(report('1.0.2'))]],
    });
    const { run, report: found } = await ask(send);
    expect(run.status).toBe('ok');
    expect(found?.findings).toHaveLength(1);
    expect(asked.map(({ method, url }) => `${method} ${new URL(url).pathname.split('/')[1]}`)).toEqual([
      'POST indexer',
      'GET indexer',
      'GET indexer',
      'GET matcher',
      'GET matcher',
    ]);
  });

  it('with the authority that the policy names, beside the public ones', async () => {
    const { asked, send } = fakeClair({});
    await ask(send, { authority: async () => 'PEM' });
    expect(asked[0]?.ca?.at(-1)).toBe('PEM');
    expect(asked[0]?.ca?.length).toBeGreaterThan(100);
  });
});

describe('what Clair cannot do is told, and nothing is clean', () => {
  const fetching = 'failed to fetch layers: fetcher: encountered errors: unexpected status code: 401 Unauthorized';
  it.each<[string, Parameters<typeof fakeClair>[0], RegExp]>([
    [
      'layers that it cannot fetch',
      { index: [[500, { message: fetching }]] },
      /^Clair at clair\.test:6060 did not index .*500.*401 Unauthorized.*under the same name/,
    ],
    ['a page in front of it', { index: [[502, '<html>']] }, /did not index the image \(502\): <html>/],
    ['an index that failed', { index: [[201, { state: 'IndexError', err: 'no such layer' }]] }, /did not index the image: no such layer/],
    ['no report', { report: [[404, { message: 'index report for manifest not found' }]] }, /gave no report \(404\): index report for/],
    ['a report that is none', { report: [[200, '{"x":1}']] }, /clair's report/],
    ['half a report', { report: [[200, report('1.0.0').slice(0, 3000)]] }, /cut off/],
  ])('%s', async (_, answers, message) => {
    const { run, report: found } = await ask(fakeClair(answers).send);
    expect(run).toMatchObject({ kind: 'clair', status: 'failed', message: expect.stringMatching(message) });
    expect(found).toBeUndefined();
  });

  it('a server that is not there', async () => {
    const send = async () => {
      throw new PatchwayError('clair.test:6060 refused the connection: nothing listens there.');
    };
    expect((await ask(send)).run).toMatchObject({ status: 'failed', message: expect.stringContaining('refused the connection') });
  });

  it.each<[string, Parameters<typeof fakeClair>[0], RegExp]>([
    [
      'indexing',
      { index: [[201, { state: 'ScanLayers' }]] },
      /not done within 15m \(scan\.timeout\): Clair at clair\.test:6060 was indexing/,
    ],
    ['vulnerabilities', { report: [[202]] }, /not done within 15m \(scan\.timeout\): Clair at clair\.test:6060 was matching/],
  ])('%s that never come', async (_, answers, message) => {
    const { run } = await ask(fakeClair(answers).send);
    expect(run).toMatchObject({ status: 'timeout', message: expect.stringMatching(message) });
  });

  it('an answer that never comes', async () => {
    const { run } = await ask(() => new Promise(() => {}));
    expect(run).toMatchObject({ status: 'timeout', message: expect.stringContaining('was indexing') });
  });
});

describe('a scan by Clair alone', () => {
  async function scan(send: ClairEffects['send'], fetched: object = {}) {
    const cluster = new FakeCluster();
    cluster.put(EVIDENCE, {});
    const { context, lines } = world(cluster);
    const target = JSON.stringify({ startedAt: '2026-11-20T03:17:00Z', digest: DIGEST.locked, platforms: {}, ...fetched });
    const code = await scanWith(context, async () => target, effects(send));
    const stored = cluster.objects.get(EVIDENCE) as { data?: { evidence?: string } } | undefined;
    return { code, lines, found: parseEvidence(stored?.data?.evidence)?.digests[DIGEST.locked] };
  }

  it('stores what it found', async () => {
    const { code, found } = await scan(fakeClair({}).send);
    expect(code).toBe(0);
    expect(found).toMatchObject({ complete: true, scanners: [{ kind: 'clair', status: 'ok' }] });
    expect(found?.findings).toHaveLength(8);
  });

  it.each([
    ['Clair fails', [[500, { message: 'out of order' }]] as const, {}],
    ['nothing was fetched', undefined, { failure: { status: 'failed', message: 'gone' } }],
  ])('fails its pod when %s, as no other container would, with the evidence stored', async (_, index, fetched) => {
    const { code, found } = await scan(fakeClair(index === undefined ? {} : { index }).send, fetched);
    expect(code).toBe(1);
    expect(found).toMatchObject({ complete: false, scanners: [{ kind: 'clair', status: 'failed' }] });
  });
});

describe('the layers of an image', () => {
  let registry: FakeRegistry;
  beforeEach(async () => {
    registry = await fakeRegistry();
  });
  afterEach(() => registry.close());
  const PASSWORD = `Basic ${Buffer.from('me:secret').toString('base64')}`;

  const layersOf = (reference: string, platform = 'linux/amd64') => {
    const auths = { [registry.host]: { auth: Buffer.from('me:secret').toString('base64') } };
    const credentials = credentialsFrom(JSON.stringify({ auths }), 'config.json');
    return registryClient({ credentials, retryDelayMs: 1 }).layers(reference, platform);
  };

  it('are where the registry has them, of the platform that is asked for', async () => {
    const [amd, arm] = [registry.image('amd'), registry.image('arm')];
    const index = registry.index([
      { digest: amd, platform: { os: 'linux', architecture: 'amd64' } },
      { digest: arm, platform: { os: 'linux', architecture: 'arm64' } },
    ]);
    const layer = sha256('layer arm');
    expect(await layersOf(`${registry.host}/acme/web@${index}`, 'linux/arm64')).toEqual({
      digest: arm,
      layers: [{ digest: layer, url: `http://${registry.host}/v2/acme/web/blobs/${layer}`, headers: {} }],
    });
  });

  it('come with the permission that the registry asked for', async () => {
    registry.fault = (request, response) => {
      if (request.headers.authorization === PASSWORD || request.url === '/v2/') return false;
      response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end();
      return true;
    };
    const { layers } = await layersOf(`${registry.host}/acme/web@${registry.image('a')}`);
    expect(layers.map(({ headers }) => headers)).toEqual([{ authorization: PASSWORD }]);
  });
});
