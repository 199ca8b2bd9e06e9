import { afterEach, describe, expect, it } from 'vitest';
import { request } from '../../src/agent/http.js';
import { askForRebuild } from '../../src/agent/scan/rebuild.js';
import type { EvidenceVerdict } from '../../src/gate/evidence-verdict.js';
import { scanTargets } from '../../src/manifest/workload.js';
import { FakeCluster, fakeContext } from '../scan/fake.js';
import { config, DAY, DIGEST, image, policy, staging, workload } from '../scan/fixture.js';
import { type Answer, deadHost, serve, type TestServer } from './server.js';

const START = Date.parse('2026-11-20T03:17:00Z');
const APP = 'ghcr.io/acme/web:1';
const PLACE = { namespace: 'shop-staging', name: 'evidence' };
const PATH = '/api/v1/namespaces/shop-staging/configmaps/evidence';
const TOKEN = 'glpat-secret';
const web = { ...workload('web', image('web', APP)), remedy: 'rebuild', base: 'alpine:3.19', rebuildWebhook: 'build-web' } as const;

const finding = (id: string) => ({
  id,
  aliases: [],
  package: 'openssl',
  version: '3.1.4',
  severity: 'critical' as const,
  fixedIn: ['3.1.5'],
  exploited: false,
  failsAt: '2026-11-01T00:00:00Z',
});
const red = (...ids: readonly string[]): EvidenceVerdict => ({
  verdict: 'fail',
  allowed: false,
  reason: `${ids.length} overdue`,
  overdue: ids.map(finding),
  conclusive: true,
});

interface Received {
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly body: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

let server: TestServer | undefined;
afterEach(() => server?.close());

async function world({
  answer = (_, response) => void response.writeHead(204).end(),
  changes = {},
}: {
  answer?: Answer;
  changes?: object;
} = {}) {
  const received: Received[] = [];
  server = await serve((incoming, response, body) => {
    received.push({ url: incoming.url, authorization: incoming.headers.authorization, body: JSON.parse(body) });
    answer(incoming, response, body);
  });
  const cluster = new FakeCluster();
  cluster.put(PATH, { data: { evidence: 'kept' }, binaryData: { firstSeen: 'kept' } });
  const secrets: Record<string, string> = {
    'build-web/url': `${server.url}/trigger?token=${TOKEN}\n`,
    'build-web/authorization': 'Bearer abc\n',
  };
  const workloads = [{ ...web, ...changes }];
  const target = scanTargets(workloads)[0]!;
  const { context, lines, clock } = fakeContext(cluster, config(workloads), START);
  const effects = {
    secret: async (name: string, key: string) => secrets[`${name}/${key}`],
    authority: async () => undefined,
    send: (options: Parameters<typeof request>[0]) => request({ ...options, retryDelayMs: 1 }),
  };
  const ask = (verdict = red('CVE-1'), digest: string = DIGEST.locked, of = context) =>
    askForRebuild(of, PLACE, { target, digest, verdict }, effects);
  const stored = () => cluster.objects.get(PATH) as { data: Record<string, string>; binaryData: unknown };
  return { received, secrets, cluster, context, lines, clock, ask, stored };
}

describe('a red verdict on an image that is built anew', () => {
  it('is told to whom the Secret names, as GitHub takes events', async () => {
    const { received, ask, lines } = await world();
    await ask(red('CVE-1', 'CVE-2'));
    expect(received).toEqual([
      {
        url: `/trigger?token=${TOKEN}`,
        authorization: 'Bearer abc',
        body: {
          event_type: 'patchway-rebuild',
          client_payload: {
            policy: 'shop',
            stage: 'staging',
            workloads: ['web'],
            image: APP,
            digest: DIGEST.locked,
            base: 'alpine:3.19',
            verdict: 'fail',
            reason: '2 overdue',
            overdue: 2,
            findings: ['CVE-1', 'CVE-2'].map((id) => ({
              id,
              package: 'openssl',
              version: '3.1.4',
              severity: 'critical',
              fixedIn: ['3.1.5'],
              failsAt: '2026-11-01T00:00:00Z',
            })),
          },
        },
      },
    ]);
    expect(lines).toEqual([`asked for a new build of ${APP}, as Secret build-web says`]);
  });

  it('fits what GitHub takes: ten properties, 64 kB', async () => {
    const { received, ask } = await world();
    await ask(red(...Array.from({ length: 5000 }, (_, index) => `CVE-${index}`)));
    const payload = received[0]?.body.client_payload ?? {};
    expect(Object.keys(payload)).toHaveLength(10);
    expect(payload).toMatchObject({ overdue: 5000, findings: { length: 20 } });
    expect(JSON.stringify(received[0]?.body).length).toBeLessThan(64_000);
  });

  it('is told once, until the digest or the reason is another', async () => {
    const { received, ask, clock, stored } = await world();
    await ask(red('CVE-1', 'CVE-2'));
    clock.now += DAY;
    await ask(red('CVE-2', 'CVE-1'));
    expect(received).toHaveLength(1);
    await ask(red('CVE-1', 'CVE-2', 'CVE-3'));
    await ask(red('CVE-1', 'CVE-2', 'CVE-3'), DIGEST.new);
    await ask(red('CVE-1', 'CVE-2', 'CVE-3'));
    expect(received).toHaveLength(3);
    expect(Object.keys(JSON.parse(stored().data.rebuilds ?? ''))).toEqual([`${DIGEST.locked} build-web`, `${DIGEST.new} build-web`]);
  });

  it('is told again once a newer base is there to build on', async () => {
    const { received, ask } = await world();
    const scan = { base: { name: 'alpine:3.19', behind: true, behindSince: '2026-11-20T00:00:00Z' } } as NonNullable<
      EvidenceVerdict['scan']
    >;
    await ask(red('CVE-1'));
    await ask({ ...red('CVE-1'), scan });
    await ask({ ...red('CVE-1'), scan });
    expect(received).toHaveLength(2);
  });

  it('leaves alone what else is stored, and forgets what is old', async () => {
    const { ask, clock, stored } = await world();
    for (let index = 10; index < 30; index += 1) {
      clock.now += DAY;
      await ask(red('CVE-1'), `sha256:${index}`);
    }
    expect(stored()).toMatchObject({ data: { evidence: 'kept' }, binaryData: { firstSeen: 'kept' } });
    const remembered = Object.keys(JSON.parse(stored().data.rebuilds ?? ''));
    expect(remembered).toHaveLength(16);
    expect(remembered).toContain('sha256:29 build-web');
  });

  it('is told in spite of a memory that cannot be read', async () => {
    const { received, ask, cluster } = await world();
    cluster.put(PATH, { data: { rebuilds: '{"half' } });
    await ask();
    await ask();
    expect(received).toHaveLength(1);
  });
});

describe('nobody is asked', () => {
  it.each([
    ['where the verdict is not red', {}, { ...red(), verdict: 'unknown' as const }],
    ['where the remedy is another', { remedy: 'update' as const }, red('CVE-1')],
    ['where no Secret is named', { rebuildWebhook: undefined }, red('CVE-1')],
  ])('%s', async (_when, changes, verdict) => {
    const { received, lines, ask } = await world({ changes });
    await ask(verdict);
    expect([received, lines]).toEqual([[], []]);
  });

  it('in a stage that comes after others', async () => {
    const { received, ask, context } = await world();
    const later = { ...policy(), stages: [{ ...staging, after: ['dev'] }] };
    await ask(red('CVE-1'), DIGEST.locked, { ...context, config: { ...context.config, policy: later } });
    expect(received).toEqual([]);
  });

  it('about a sidecar', async () => {
    const { received, ask } = await world({ changes: { images: [image('own', 'ghcr.io/acme/own:1'), image('web', APP)] } });
    await ask();
    expect(received.map(({ body }) => body.client_payload?.image)).toEqual(['ghcr.io/acme/own:1']);
  });
});

describe('who cannot be asked', () => {
  const failing =
    (status: number): Answer =>
    (_, response) =>
      void response.writeHead(status).end(`no: ${TOKEN}`);

  it.each([
    [401, /answered 401 to what Secret build-web says\. Renew its key authorization/],
    [404, /answered 404 .*Correct its url/],
    [302, /answered 302/],
    [500, /answered 500/],
  ])('with %i is told without a secret, and asked again by the next scan', async (status, message) => {
    const { received, lines, ask, stored } = await world({ answer: failing(status) });
    await ask();
    expect(lines).toEqual([expect.stringMatching(message)]);
    expect(lines[0]).not.toContain(TOKEN);
    expect(stored().data).not.toHaveProperty('rebuilds');
    const once = received.length;
    await ask();
    expect(received.length).toBe(2 * once);
    expect(once).toBe(status === 500 ? 3 : 1);
  });

  it('as nothing listens', async () => {
    const { lines, secrets, ask } = await world();
    secrets['build-web/url'] = `http://${await deadHost()}/?token=${TOKEN}`;
    await ask();
    expect(lines).toEqual([expect.stringMatching(/refused the connection/)]);
    expect(lines[0]).not.toContain(TOKEN);
  });

  it.each([
    [undefined, 'there is no Secret build-web with the key url in this namespace. Create it with `kubectl create secret generic build-web'],
    ['ci.example/build', 'the key url of Secret build-web is not a web address'],
    ['file:///etc/passwd', 'the key url of Secret build-web is not a web address'],
  ])('as the address is %s', async (url, message) => {
    const { lines, secrets, ask } = await world();
    delete secrets['build-web/url'];
    if (url !== undefined) secrets['build-web/url'] = url;
    await ask();
    expect(lines).toEqual([expect.stringContaining(message)]);
  });

  it('as the API server does not answer: the scan goes on', async () => {
    const { lines, cluster, ask } = await world();
    cluster.get = async () => Promise.reject(new Error('away'));
    await ask();
    expect(lines).toEqual([`no new build of ${APP} was asked for: Error: away`]);
  });
});
