import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ConflictError, clusterAt, inCluster, throughKubectl } from '../../src/agent/kubernetes.js';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly type: string | undefined;
  readonly authorization: string | undefined;
  readonly body: string;
}

let server: Server | undefined;
afterEach(() => void server?.close());

/** An API server that gives these answers in turn, the last one for ever. */
async function apiServer(...answers: readonly { status: number; body: string; headers?: Record<string, string> }[]) {
  const seen: Seen[] = [];
  server = createServer(async (request, response) => {
    seen.push(await note(request));
    const answer = answers[Math.min(seen.length, answers.length) - 1] ?? { status: 500, body: '' };
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { seen, cluster: clusterAt((path) => ({ url: `${url}${path}`, headers: { authorization: 'Bearer secret' } })) };
}

async function note(request: IncomingMessage): Promise<Seen> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { method = '', url = '', headers } = request;
  return { method, url, type: headers['content-type'], authorization: headers.authorization, body: Buffer.concat(chunks).toString() };
}

const configMap = { kind: 'ConfigMap', metadata: { name: 'x', resourceVersion: '7' } };
const ok = { status: 200, body: JSON.stringify(configMap) };
const status = (code: number, message: string) => ({ status: code, body: JSON.stringify({ kind: 'Status', message }) });

describe('the API server client', () => {
  it('edits by a JSON patch', async () => {
    const { cluster, seen } = await apiServer(ok);
    const operations = [
      { op: 'test', path: '/metadata/name', value: 'x' },
      { op: 'remove', path: '/data' },
    ] as const;
    await cluster.edit('/x', operations, { fieldManager: 'patchway' });
    expect(seen).toMatchObject([{ method: 'PATCH', url: '/x?fieldManager=patchway', type: 'application/json-patch+json' }]);
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual(operations);
  });

  it('deletes the object that was seen, does not mind one that has gone, and leaves another of its name alone', async () => {
    const { cluster, seen } = await apiServer(ok, status(404, 'gone'), status(409, 'another uid'));
    await cluster.remove('/x', 'uid-1');
    expect(seen).toMatchObject([{ method: 'DELETE', url: '/x' }]);
    expect(JSON.parse(seen[0]?.body ?? '')).toMatchObject({ kind: 'DeleteOptions', preconditions: { uid: 'uid-1' } });
    await cluster.remove('/x', 'uid-1');
    await expect(cluster.remove('/x', 'uid-1')).rejects.toThrow(ConflictError);
  });

  it('reads an object with the account’s token', async () => {
    const { cluster, seen } = await apiServer(ok);
    expect(await cluster.get('/api/v1/namespaces/a/configmaps/x')).toEqual(configMap);
    expect(seen).toMatchObject([{ method: 'GET', url: '/api/v1/namespaces/a/configmaps/x', authorization: 'Bearer secret' }]);
  });

  it('answers undefined for an object that is not there', async () => {
    const { cluster } = await apiServer(status(404, 'not found'));
    expect(await cluster.get('/x')).toBeUndefined();
  });

  it.each([
    ['create', 'POST', '/x', 'application/json'],
    ['replace', 'PUT', '/x', 'application/json'],
    ['apply', 'PATCH', '/x?fieldManager=patchway&force=true', 'application/apply-patch+yaml'],
  ] as const)('%s sends %s', async (verb, method, url, type) => {
    const { cluster, seen } = await apiServer(ok);
    await cluster[verb]('/x', { a: 1 }, { fieldManager: 'patchway', force: true });
    expect(seen).toMatchObject([{ method, url, type, body: '{"a":1}' }]);
  });

  it.each([429, 500, 503])('asks again after %d', async (code) => {
    const { cluster, seen } = await apiServer({ status: code, body: '{}' }, ok);
    expect(await cluster.get('/x')).toEqual(configMap);
    expect(seen).toHaveLength(2);
  });

  it('does not create twice when the answer was lost', async () => {
    const { cluster, seen } = await apiServer(status(500, 'etcd is away'), ok);
    await expect(cluster.create('/x', {})).rejects.toThrow('POST /x: the API server answered 500: etcd is away');
    expect(seen).toHaveLength(1);
  });

  it('tells a conflict from other refusals', async () => {
    const { cluster } = await apiServer(status(409, 'the object has been modified'));
    await expect(cluster.replace('/x', {})).rejects.toBeInstanceOf(ConflictError);
  });

  it.each([
    [401, 'Unauthorized', /does not know this account \(401\): Unauthorized/],
    [403, 'configmaps is forbidden', /may not do that \(403\): configmaps is forbidden\. Apply the Roles/],
    [422, 'spec is invalid', /GET \/x: the API server answered 422: spec is invalid/],
  ])('says what %d means', async (code, message, expected) => {
    const { cluster } = await apiServer(status(code, message));
    await expect(cluster.get('/x')).rejects.toThrow(expected);
  });

  it('quotes an answer that is no Status object', async () => {
    const { cluster } = await apiServer({ status: 400, body: '<html>proxy</html>' });
    await expect(cluster.get('/x')).rejects.toThrow('<html>proxy</html>');
  });

  it('says so when the API server is away', async () => {
    const { cluster } = await apiServer(ok);
    await new Promise((resolve) => server?.close(resolve));
    await expect(cluster.get('/x')).rejects.toThrow(/the API server did not answer: 127\.0\.0\.1:\d+ refused the connection/);
  });
});

describe('ways to a cluster', () => {
  it('refuses to look for a service account outside a pod', () => {
    expect(() => inCluster({})).toThrow('this is not a pod: KUBERNETES_SERVICE_HOST is not set.');
  });

  it('passes on what kubectl says when it cannot reach the cluster', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'patchway-kubectl-'));
    const before = process.env.PATH;
    writeFileSync(join(directory, 'kubectl'), '#!/bin/sh\necho "error: context \\"$1\\" does not exist" >&2\nexit 1\n');
    chmodSync(join(directory, 'kubectl'), 0o755);
    process.env.PATH = `${directory}:${before}`;
    try {
      await expect(throughKubectl({ context: 'moon' })).rejects.toThrow(
        'kubectl cannot reach the cluster: error: context "--context=moon" does not exist',
      );
    } finally {
      process.env.PATH = before;
    }
  });

  it('says so when kubectl is not installed', async () => {
    const before = process.env.PATH;
    process.env.PATH = '';
    try {
      await expect(throughKubectl()).rejects.toThrow('kubectl could not be started: install it, or put it on the PATH.');
    } finally {
      process.env.PATH = before;
    }
  });
});
