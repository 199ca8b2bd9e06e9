import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import { type AddressInfo, createServer as tcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { download, request } from '../../src/agent/http.js';
import { isPatchwayError } from '../../src/problem.js';
import { type Answer, deadHost, serve, type TestServer } from './server.js';

const servers: TestServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function server(answer: Answer): Promise<TestServer> {
  const started = await serve(answer);
  servers.push(started);
  return started;
}

const quick = { retryDelayMs: 1 };

async function failure(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(isPatchwayError(error)).toBe(true);
  return (error as Error).message;
}

describe('request', () => {
  it('returns status, headers and bytes, whatever the status', async () => {
    const { url } = await server((_, response) => response.writeHead(404, { 'x-said': 'no' }).end(Buffer.from([1, 2, 255])));
    const response = await request({ method: 'GET', url: `${url}/a` });
    expect([response.status, response.headers['x-said'], [...response.body]]).toEqual([404, 'no', [1, 2, 255]]);
  });

  it('sends method, headers and body', async () => {
    const { url } = await server((incoming, response, body) =>
      response.end(`${incoming.method} ${incoming.headers['content-type']} ${incoming.headers['content-length']} ${body}`),
    );
    const response = await request({ method: 'PATCH', url, headers: { 'content-type': 'application/apply-patch+yaml' }, body: 'ü' });
    expect(response.body.toString()).toBe('PATCH application/apply-patch+yaml 2 ü');
  });

  it.each([
    { status: 429, method: 'GET', tries: 3 },
    { status: 429, method: 'POST', tries: 3 },
    { status: 503, method: 'GET', tries: 3 },
    { status: 500, method: 'PUT', tries: 3 },
    { status: 503, method: 'POST', tries: 1 },
    { status: 503, method: 'PATCH', tries: 1 },
    { status: 501, method: 'GET', tries: 1 },
    { status: 404, method: 'GET', tries: 1 },
  ] as const)('tries $method again after $status: $tries times at most', async ({ status, method, tries }) => {
    const { url, requests } = await server((_, response) => response.writeHead(status).end());
    const response = await request({ method, url, retries: 2, ...quick });
    expect([response.status, requests.length]).toEqual([status, tries]);
  });

  it('gives the answer that came after trying again', async () => {
    let calls = 0;
    const { url } = await server((_, response) => {
      calls += 1;
      response.writeHead(calls === 1 ? 429 : 200, { 'retry-after': '0' }).end(String(calls));
    });
    expect((await request({ method: 'GET', url, retryDelayMs: 100_000 })).body.toString()).toBe('2');
  });

  it('does not wait longer than its time: the answer is given as it is', async () => {
    const { url, requests } = await server((_, response) => response.writeHead(429, { 'retry-after': '20' }).end());
    expect((await request({ method: 'GET', url, timeoutMs: 2_000 })).status).toBe(429);
    expect(requests).toHaveLength(1);
  });

  it('tries a cut connection again, but not what may have been done already', async () => {
    let calls = 0;
    const { url } = await server((_, response) => {
      calls += 1;
      if (calls === 1) response.socket?.destroy();
      else response.end('ok');
    });
    expect((await request({ method: 'GET', url, ...quick })).body.toString()).toBe('ok');
    calls = 0;
    expect(await failure(request({ method: 'POST', url, body: 'x', ...quick }))).toMatch(
      /^127\.0\.0\.1:\d+ closed the connection before its answer was complete\./,
    );
    calls = 0;
    expect((await request({ method: 'PATCH', url, body: 'x', idempotent: true, ...quick })).status).toBe(200);
  });

  it('refuses a body that stops half-way', async () => {
    const { url, requests } = await server((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.socket?.destroy());
    });
    expect(await failure(request({ method: 'GET', url, retries: 1, ...quick }))).toContain('before its answer was complete');
    expect(requests).toHaveLength(2);
  });

  it('says that nothing listens', async () => {
    const host = await deadHost();
    expect(await failure(request({ method: 'GET', url: `http://${host}/`, retries: 1, ...quick }))).toBe(
      `${host} refused the connection: nothing listens there. Check the address, and that the service is running.`,
    );
  });

  it('says that a name is unknown', async () => {
    const message = await failure(request({ method: 'GET', url: 'http://registry.invalid/', retries: 0 }));
    expect(message).toMatch(/^registry\.invalid was not found in DNS\. Check the name/);
  });

  it.each([
    { what: 'no answer', options: { timeoutMs: 150 }, said: '150 ms' },
    { what: 'silence', options: { idleMs: 120, retries: 0 }, said: '120 ms' },
  ])('gives up after $what', async ({ options, said }) => {
    const { url, host } = await server(() => {});
    expect(await failure(request({ method: 'GET', url, ...options }))).toContain(`${host} did not answer within ${said}.`);
  });

  it('gives up on a body that never ends', async () => {
    const { url } = await server((_, response) => {
      const timer = setInterval(() => response.write('.'), 10);
      response.once('close', () => clearInterval(timer));
    });
    expect(await failure(request({ method: 'GET', url, timeoutMs: 200 }))).toContain('did not answer within 200 ms');
  });

  it('stops reading where the body is longer than allowed', async () => {
    const { url, host } = await server((_, response) => response.end('x'.repeat(5000)));
    expect(await failure(request({ method: 'GET', url, maxBytes: 4999 }))).toBe(`${host} sent more than the expected 4999 bytes.`);
    expect((await request({ method: 'GET', url, maxBytes: 5000 })).body).toHaveLength(5000);
  });

  it('says that the other side does not speak HTTP, or not HTTPS', async () => {
    const raw = tcpServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n'));
    await new Promise<void>((resolve) => raw.listen(0, '127.0.0.1', resolve));
    const { port } = raw.address() as AddressInfo;
    expect(await failure(request({ method: 'GET', url: `http://127.0.0.1:${port}/`, retries: 0 }))).toContain('something that is not HTTP');
    raw.close();
    const { host } = await server((_, response) => response.end());
    expect(await failure(request({ method: 'GET', url: `https://${host}/`, retries: 0 }))).toContain(`${host} does not speak HTTPS`);
  });
});

describe('redirects', () => {
  it('keeps Authorization on the same host and drops it on another', async () => {
    const seen: Record<string, string | undefined> = {};
    const other = await server((incoming, response) => {
      seen.other = incoming.headers.authorization ?? 'none';
      response.end('there');
    });
    const first = await server((incoming, response) => {
      seen[incoming.url ?? ''] = incoming.headers.authorization;
      response.writeHead(307, { location: incoming.url === '/a' ? '/b' : `${other.url}/c` }).end();
    });
    const response = await request({ method: 'GET', url: `${first.url}/a`, headers: { Authorization: 'Bearer t' } });
    expect(response.body.toString()).toBe('there');
    expect(response.url).toBe(`${other.url}/c`);
    expect(seen).toEqual({ '/a': 'Bearer t', '/b': 'Bearer t', other: 'none' });
  });

  it('does not follow for methods that change something', async () => {
    const { url, requests } = await server((_, response) => response.writeHead(302, { location: '/elsewhere' }).end());
    expect((await request({ method: 'POST', url })).status).toBe(302);
    expect(requests).toHaveLength(1);
  });

  it('ends a circle', async () => {
    const { url, host, requests } = await server((_, response) => response.writeHead(302, { location: '/again' }).end());
    expect(await failure(request({ method: 'GET', url }))).toBe(`${host} redirects more than 5 times.`);
    expect(requests).toHaveLength(6);
  });

  it('does not leave the web', async () => {
    const { url } = await server((_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end());
    expect(await failure(request({ method: 'GET', url }))).toContain('redirects to file:///etc/passwd, which is not a web address');
  });
});

describe('a private certificate authority', () => {
  async function tlsServer() {
    // Made for this test, valid for localhost alone.
    const pem = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
    const started = createServer({ key: pem('localhost.key'), cert: pem('localhost.crt') }, (_, response) => response.end('secure'));
    await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
    return { port: (started.address() as AddressInfo).port, ca: pem('localhost.crt'), close: () => started.close() };
  }

  it('is trusted where it is named, and nothing else is', async () => {
    const { port, ca, close } = await tlsServer();
    const lookup = `https://localhost:${port}/`;
    expect((await request({ method: 'GET', url: lookup, ca })).body.toString()).toBe('secure');
    expect(await failure(request({ method: 'GET', url: lookup }))).toMatch(
      /^the certificate of localhost:\d+ is not trusted \(\w+\)\. Name its certificate authority: `scan\.registryCa` in the policy for scans, NODE_EXTRA_CA_CERTS/,
    );
    expect(await failure(request({ method: 'GET', url: `https://127.0.0.1:${port}/`, ca }))).toContain(
      `the certificate of 127.0.0.1:${port} is for another name`,
    );
    close();
  });
});

describe('download', () => {
  const directory = mkdtempSync(join(tmpdir(), 'patchway-download-'));
  const file = join(directory, 'blob');
  const content = Buffer.alloc(300_000, 'patchway');

  it('writes the body and says its digest, starting again after a cut', async () => {
    let calls = 0;
    const { url } = await server((_, response) => {
      calls += 1;
      response.writeHead(200, { 'content-length': String(content.length) });
      if (calls === 1) response.write(content.subarray(0, 1000), () => response.socket?.destroy());
      else response.end(content);
    });
    const result = await download({ url, ...quick }, file);
    expect([result.digest, result.size]).toEqual([`sha256:${createHash('sha256').update(content).digest('hex')}`, content.length]);
    expect(readFileSync(file).equals(content)).toBe(true);
    rmSync(file);
  });

  it('writes nothing for another status, and gives its body', async () => {
    const { url } = await server((_, response) => response.writeHead(403).end('no'));
    const result = await download({ url }, file);
    expect([result.status, result.body.toString(), result.digest, existsSync(file)]).toEqual([403, 'no', undefined, false]);
  });

  it('leaves no file where it fails', async () => {
    const { url, host } = await server((_, response) => response.end(content));
    expect(await failure(download({ url, maxBytes: 1000 }, file))).toBe(`${host} sent more than the expected 1000 bytes.`);
    expect(existsSync(file)).toBe(false);
  });
});
