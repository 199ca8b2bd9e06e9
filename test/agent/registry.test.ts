import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apiHost, isPrivate } from '../../src/agent/registry/connection.js';
import { anonymous, type Credentials, registryClient } from '../../src/agent/registry.js';
import { isPatchwayError } from '../../src/problem.js';
import { DOCKER_MANIFEST, type FakeRegistry, fakeRegistry, OCI_INDEX, OCI_MANIFEST, sha256 } from './fake-registry.js';
import { deadHost } from './server.js';

let registry: FakeRegistry;
let directory: string;
beforeEach(async () => {
  registry = await fakeRegistry();
  directory = mkdtempSync(join(tmpdir(), 'patchway-registry-'));
});
afterEach(async () => {
  await registry.close();
  rmSync(directory, { recursive: true });
});

const clientWith = (credentials: Credentials = anonymous) => registryClient({ credentials, retryDelayMs: 1 });
const ref = (name: string) => `${registry.host}/acme/web${name}`;

async function failure(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(isPatchwayError(error)).toBe(true);
  expect((error as { exitCode: number }).exitCode).toBe(1);
  return (error as Error).message;
}

describe('resolve', () => {
  it.each([OCI_MANIFEST, DOCKER_MANIFEST])('names the digest of a single image (%s)', async (type) => {
    const digest = registry.image('a', { type });
    registry.tag('1.0', digest);
    expect(await clientWith().resolve(ref(':1.0'))).toEqual({ digest, mediaType: type, platforms: {} });
  });

  it('names the index and its platforms, without attestations', async () => {
    const [amd, arm, armv7, proof] = ['amd', 'arm', 'armv7', 'proof'].map((name) => registry.image(name));
    const index = registry.index([
      { digest: amd!, platform: { os: 'linux', architecture: 'amd64' } },
      { digest: arm!, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
      { digest: armv7!, platform: { os: 'linux', architecture: 'arm', variant: 'v7' } },
      { digest: proof!, platform: { os: 'unknown', architecture: 'unknown' } },
      {
        digest: proof!,
        platform: { os: 'linux', architecture: 's390x' },
        annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
      },
    ]);
    registry.tag('latest', index);
    expect(await clientWith().resolve(ref(''))).toEqual({
      digest: index,
      mediaType: OCI_INDEX,
      platforms: { 'linux/amd64': amd, 'linux/arm64': arm, 'linux/arm/v7': armv7 },
    });
  });

  it('computes the digest itself', async () => {
    const digest = registry.image('a');
    registry.tag('1.0', digest);
    registry.manifests.set(digest, { type: OCI_MANIFEST, bytes: Buffer.from('{"evil":true}') });
    expect(await failure(clientWith().resolve(ref(`@${digest}`)))).toContain(
      `the registry sent ${sha256('{"evil":true}')} for ${digest}: it was not used`,
    );
    registry.fault = (request, response) => {
      if (!request.url?.endsWith('/1.0')) return false;
      response.writeHead(200, { 'docker-content-digest': `sha256:${'0'.repeat(64)}` }).end(registry.manifests.get('1.0')?.bytes);
      return true;
    };
    expect(await failure(clientWith().resolve(ref(':1.0')))).toContain(`the registry sent ${digest} for sha256:000`);
  });

  it.each([
    { status: 401, said: 'wants credentials (401), or has no such repository. Sign in: `docker login ' },
    { status: 403, said: 'does not allow to pull it (403)' },
    { status: 404, said: 'does not have it (404). Check the name and the tag' },
    { status: 429, said: 'has had too many requests (429). Wait, sign in, or use a mirror.' },
    { status: 502, said: 'answered 502. Try again later' },
  ])('says what $status means', async ({ status, said }) => {
    registry.fault = (request, response) => request.url !== '/v2/' && Boolean(response.writeHead(status).end('<html>'));
    const message = await failure(clientWith().resolve(ref(':1.0')));
    expect(message).toContain(said);
    expect(message.startsWith(`${ref(':1.0')}: `)).toBe(true);
  });

  it('waits when it is told to, and goes on', async () => {
    registry.tag('1.0', registry.image('a'));
    let refused = 0;
    registry.fault = (request, response) => {
      if (refused > 1 || request.url === '/v2/') return false;
      refused += 1;
      response.writeHead(429, { 'retry-after': '0' }).end();
      return true;
    };
    expect((await clientWith().resolve(ref(':1.0'))).digest).toBe(registry.image('a'));
    expect(refused).toBe(2);
  });

  it.each([
    { what: 'garbage', bytes: '<!doctype html>', said: 'something that is not JSON' },
    { what: 'another thing', bytes: '{"schemaVersion":1,"fsLayers":[]}', said: 'which is not an image' },
    { what: 'a list', bytes: '[]', said: 'which is not an image' },
    {
      what: 'a path for a digest',
      bytes: '{"config":{"digest":"sha256:../../x","size":1},"layers":[]}',
      said: 'malformed digest, "sha256:../../x"',
    },
    {
      what: 'a negative size',
      bytes: `{"config":{"digest":"sha256:${'a'.repeat(64)}","size":-1},"layers":[]}`,
      said: 'malformed size, -1',
    },
  ])('does not take $what for an image', async ({ bytes, said }) => {
    registry.manifests.set('1.0', { type: 'application/json', bytes: Buffer.from(bytes) });
    expect(await failure(clientWith().resolve(ref(':1.0')))).toContain(said);
  });

  it('says that nothing listens, and that the connection was cut', async () => {
    const dead = await deadHost();
    expect(await failure(clientWith().resolve(`${dead}/web:1`))).toBe(
      `${dead}/web:1: ${dead} refused the connection: nothing listens there. Check the address, and that the service is running.`,
    );
    registry.fault = (request) => request.url !== '/v2/' && Boolean(request.socket.destroy());
    expect(await failure(clientWith().resolve(ref(':1')))).toContain('closed the connection before its answer was complete');
  });

  it('does not take anything for a reference', async () => {
    await expect(clientWith().resolve('UPPER/case')).rejects.toMatchObject({ exitCode: 65 });
  });
});

describe('credentials', () => {
  const bob = async () => ({ username: 'bob', password: 's:cret' });

  /** A registry that wants a token, and the server that gives it, at one address. */
  function wantTokens({ accepts }: { accepts: (authorization: string | undefined, body: string) => boolean }) {
    const seen: string[] = [];
    let issued = 0;
    registry.fault = (request, response, body) => {
      if (request.url === '/v2/') return false;
      if (request.url?.startsWith('/token')) {
        seen.push(`${request.method} ${decodeURIComponent(request.url)}`);
        issued += 1;
        if (accepts(request.headers.authorization, body)) response.end(JSON.stringify({ token: `t${issued}` }));
        else response.writeHead(401).end();
        return true;
      }
      if (request.headers.authorization === `Bearer t${issued}` && issued > 0) return false;
      response
        .writeHead(401, { 'www-authenticate': `Bearer realm="${registry.url}/token",service="reg",scope="repository:acme/web:pull"` })
        .end();
      return true;
    };
    return { seen, expire: () => (issued += 100) };
  }

  it('gets a token anonymously, keeps it, and gets another when it has expired', async () => {
    registry.tag('1.0', registry.image('a'));
    const { seen, expire } = wantTokens({ accepts: (authorization) => authorization === undefined });
    const client = clientWith();
    await client.resolve(ref(':1.0'));
    await client.resolve(ref(':1.0'));
    expect(seen).toEqual(['GET /token?service=reg&scope=repository:acme/web:pull']);
    expire();
    await client.resolve(ref(':1.0'));
    expect(seen).toHaveLength(2);
  });

  it('gets a token for a name and password', async () => {
    registry.tag('1.0', registry.image('a'));
    wantTokens({ accepts: (authorization) => authorization === `Basic ${Buffer.from('bob:s:cret').toString('base64')}` });
    expect((await clientWith(bob).resolve(ref(':1.0'))).digest).toBe(registry.image('a'));
    expect(await failure(clientWith().resolve(ref(':1.0')))).toContain('wants credentials (401)');
  });

  it('gets a token for an identity token', async () => {
    registry.tag('1.0', registry.image('a'));
    const { seen } = wantTokens({ accepts: (_, body) => new URLSearchParams(body).get('refresh_token') === 'idt' });
    await clientWith(async () => ({ identityToken: 'idt' })).resolve(ref(':1.0'));
    expect(seen).toEqual(['POST /token']);
  });

  it('signs in with Basic where that is asked for', async () => {
    registry.tag('1.0', registry.image('a'));
    registry.fault = (request, response) => {
      if (request.url === '/v2/' || request.headers.authorization === `Basic ${Buffer.from('bob:s:cret').toString('base64')}`) return false;
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      return true;
    };
    expect((await clientWith(bob).resolve(ref(':1.0'))).digest).toBe(registry.image('a'));
  });

  it('says that the credentials are wrong', async () => {
    wantTokens({ accepts: () => false });
    const message = await failure(clientWith(bob).resolve(ref(':1.0')));
    expect(message).toContain('does not accept the credentials (401)');
    expect(message).not.toContain('s:cret');
  });
});

describe('metadata', () => {
  it('reads labels, annotations and creation date of the usual platform', async () => {
    const amd = registry.image('amd', { created: '2026-10-01T00:00:00Z', labels: { a: 'label' }, annotations: { m: 'manifest' } });
    const index = registry.index(
      [
        { digest: registry.image('arm'), platform: { os: 'linux', architecture: 'arm64' } },
        { digest: amd, platform: { os: 'linux', architecture: 'amd64' } },
      ],
      { i: 'index' },
    );
    expect(await clientWith().metadata(ref(`@${index}`))).toEqual({
      created: '2026-10-01T00:00:00Z',
      labels: { a: 'label' },
      annotations: { m: 'manifest', i: 'index' },
    });
  });

  it('does not take a configuration with another digest', async () => {
    const digest = registry.image('a');
    for (const key of registry.blobs.keys()) registry.blobs.set(key, Buffer.from('{}'));
    expect(await failure(clientWith().metadata(ref(`@${digest}`)))).toContain('its configuration does not have the digest');
  });
});

describe('tags', () => {
  it('reads every page, and never another host', async () => {
    registry.fault = (request, response) => {
      const page = /tags\/list\?n=1000(&last=b)?/.exec(request.url ?? '');
      if (page === null) return false;
      if (page[1] === undefined) response.writeHead(200, { link: '<https://elsewhere.invalid/v2/x/tags/list?n=1000&last=b>; rel="next"' });
      response.end(JSON.stringify({ tags: page[1] === undefined ? ['a', 'b'] : ['c', 7] }));
      return true;
    };
    expect(await clientWith().tags(ref(''))).toEqual(['a', 'b', 'c']);
  });
});

describe('pullToLayout', () => {
  const files = (path: string): string[] =>
    readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((e) => e.isFile())
      .map((e) => e.name)
      .sort();

  it.each([OCI_MANIFEST, DOCKER_MANIFEST])('writes one image, every blob under its digest (%s)', async (type) => {
    const digest = registry.image('a', { type });
    const target = join(directory, 'image');
    const pulled = await clientWith().pullToLayout(ref(`:1.0@${digest}`), target, 'linux/amd64');
    expect(pulled).toMatchObject({ digest, imageDigest: digest, mediaType: type });
    const index = JSON.parse(readFileSync(join(target, 'index.json'), 'utf8'));
    expect(index.manifests).toEqual([{ mediaType: type, digest, size: registry.manifests.get(digest)?.bytes.length }]);
    expect(JSON.parse(readFileSync(join(target, 'oci-layout'), 'utf8'))).toEqual({ imageLayoutVersion: '1.0.0' });
    const blobs = files(join(target, 'blobs', 'sha256'));
    expect(blobs).toHaveLength(3);
    for (const blob of blobs) expect(sha256(readFileSync(join(target, 'blobs', 'sha256', blob)))).toBe(`sha256:${blob}`);
    expect(pulled.bytes).toBe(blobs.reduce((sum, blob) => sum + readFileSync(join(target, 'blobs', 'sha256', blob)).length, 0));
    expect(readdirSync(directory)).toEqual(['image']);
  });

  it('takes the platform out of an index, and replaces what was there', async () => {
    const [amd, arm] = [registry.image('amd'), registry.image('arm')];
    const index = registry.index([
      { digest: amd, platform: { os: 'linux', architecture: 'amd64' } },
      { digest: arm, platform: { os: 'linux', architecture: 'arm', variant: 'v7' } },
    ]);
    const target = join(directory, 'image');
    await clientWith().pullToLayout(ref(`@${index}`), target, 'linux/amd64');
    const pulled = await clientWith().pullToLayout(ref(`@${index}`), target, 'linux/arm');
    expect([pulled.digest, pulled.imageDigest]).toEqual([index, arm]);
    expect(JSON.parse(readFileSync(join(target, 'index.json'), 'utf8')).manifests[0].digest).toBe(arm);
    expect(files(target)).toHaveLength(5);
    expect(await failure(clientWith().pullToLayout(ref(`@${index}`), target, 'linux/s390x'))).toContain(
      'no image for linux/s390x (platforms: linux/amd64, linux/arm/v7)',
    );
  });

  const layerOf = () => sha256('layer a');
  it.each([
    { what: 'a blob with another content', fault: () => registry.blobs.set(layerOf(), Buffer.from('LAYER a')), said: 'it was not used' },
    {
      what: 'a blob that is too long',
      fault: () => registry.blobs.set(layerOf(), Buffer.from('layer a, and more')),
      said: 'sent more than the expected 7 bytes',
    },
    { what: 'a blob that is too short', fault: () => registry.blobs.set(layerOf(), Buffer.from('lay')), said: 'has 3 bytes instead of 7' },
    { what: 'a blob that is missing', fault: () => registry.blobs.delete(layerOf()), said: 'does not have it (404)' },
    {
      what: 'a blob that is cut every time',
      fault: () => {
        registry.fault = (request, response) =>
          request.url?.includes(layerOf()) === true &&
          Boolean(response.writeHead(200, { 'content-length': '7' }).write('lay', () => response.socket?.destroy()) || true);
      },
      said: 'closed the connection before its answer was complete',
    },
  ])('leaves nothing behind for $what', async ({ fault, said }) => {
    const digest = registry.image('a');
    fault();
    const target = join(directory, 'image');
    expect(await failure(clientWith().pullToLayout(ref(`@${digest}`), target, 'linux/amd64'))).toContain(said);
    expect(existsSync(target)).toBe(false);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('wants a digest', async () => {
    expect(await failure(clientWith().pullToLayout(ref(':1.0'), join(directory, 'image'), 'linux/amd64'))).toContain(
      'name the image by its digest',
    );
  });
});

describe('HTTPS', () => {
  it('goes to the API of Docker Hub', () => {
    expect([apiHost('docker.io'), apiHost('ghcr.io')]).toEqual(['registry-1.docker.io', 'ghcr.io']);
  });

  it('trusts the authority that it is given, and never goes on without TLS where there is none', async () => {
    const pem = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
    const asked: string[] = [];
    const manifest = registry.manifests.get(registry.image('a'))?.bytes;
    const server = createServer({ key: pem('localhost.key'), cert: pem('localhost.crt') }, (request, response) => {
      asked.push(request.url ?? '');
      response.end(manifest);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const name = `localhost:${(server.address() as AddressInfo).port}/web:1`;
    const trusting = registryClient({ credentials: anonymous, ca: pem('localhost.crt') });
    expect((await trusting.resolve(name)).digest).toBe(registry.image('a'));
    expect(asked).toEqual(['/v2/', '/v2/web/manifests/1']);
    expect(await failure(clientWith().resolve(name))).toMatch(/^localhost:\d+\/web:1: the certificate of localhost:\d+ is not trusted/);
    expect(asked).toHaveLength(2);
    server.close();
  });
});

describe('a password', () => {
  it('is not sent over plain HTTP because a registry says so', async () => {
    const pem = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
    const server = createServer({ key: pem('localhost.key'), cert: pem('localhost.crt') }, (_, response) => {
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${registry.url}/token"` }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const client = registryClient({ credentials: async () => ({ username: 'bob', password: 'x' }), ca: pem('localhost.crt') });
    const message = await failure(client.resolve(`localhost:${(server.address() as AddressInfo).port}/web:1`));
    expect(message).toContain(`asks to send the password over plain HTTP to ${registry.host}: refused`);
    expect(registry.requests).toEqual([]);
    server.close();
  });
});

describe('plain HTTP', () => {
  it.each([
    ['localhost', true],
    ['localhost:5000', true],
    ['registry.localhost:5000', true],
    ['nas.local', true],
    ['127.0.0.1:5000', true],
    ['[::1]:5000', true],
    ['10.244.0.1:5000', true],
    ['172.16.0.1', true],
    ['172.31.255.1', true],
    ['192.168.1.1:443', true],
    ['172.32.0.1', false],
    ['11.0.0.1', false],
    ['10.example.com', false],
    ['ghcr.io', false],
    ['localhost.example.com', false],
    ['docker.io', false],
  ])('%s: %s', (registryName, expected) => {
    expect(isPrivate(registryName)).toBe(expected);
  });
});
