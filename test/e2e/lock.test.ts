import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { request } from '../../src/agent/http.js';
import { anonymous, registryClient } from '../../src/agent/registry.js';
import type { Io } from '../../src/cli/io.js';
import { lockCheck, lockPull, lockUpdate } from '../../src/cli/lock.js';
import { loadLock } from '../../src/lock/parse.js';
import { apply, digestOf, freshNamespace, hasCluster, kubectl, REGISTRY } from './cluster.js';

const NAMESPACE = 'patchway-lock-e2e';
const REPOSITORY = 'lock-e2e/web';
const REFERENCE = `${REGISTRY}/${REPOSITORY}:1`;
const POLICY = `name: lock-e2e
gate: {deadlines: {critical: 7d, high: 14d, medium: 30d, low: 90d}}
scan: {schedule: 17 3 * * *, scanners: [{kind: trivy}]}
stages:
  - {name: staging, namespace: ${NAMESPACE}-staging}
  - {name: production, namespace: ${NAMESPACE}, after: [staging], soak: 1h}
`;

describe.runIf(hasCluster())('the lock on a real registry and cluster', () => {
  const directory = mkdtempSync(join(tmpdir(), 'patchway-lock-e2e-'));
  const client = registryClient({ credentials: anonymous });
  let said = '';
  const tell = (text: string) => {
    said += text;
  };
  const io: Io = {
    out: tell,
    err: tell,
    stdin: async () => '',
    color: false,
    env: { ...process.env, DOCKER_CONFIG: directory },
    cwd: directory,
    now: Date.now,
  };
  const policy = 'patch-policy.yaml';
  const lock = () => loadLock(join(directory, 'images.lock.yaml'));

  beforeAll(async () => {
    writeFileSync(join(directory, policy), POLICY);
    await copy('web', '1.0.0', '1');
    await freshNamespace(NAMESPACE);
  });
  afterAll(async () => {
    rmSync(directory, { recursive: true });
    await kubectl(['delete', 'namespace', NAMESPACE, '--wait=false']);
  });

  it('resolves and lists what the registry has', async () => {
    expect((await client.resolve(`${REGISTRY}/web:1.0.0`)).digest).toBe(digestOf('web:1.0.0'));
    expect(await client.tags(`${REGISTRY}/web`)).toEqual(expect.arrayContaining(['1.0.0', '1.0.1', '1.0.2', 'broken']));
    await expect(client.resolve(`${REGISTRY}/web:9.9.9`)).rejects.toThrow(`${REGISTRY}/web:9.9.9: ${REGISTRY} does not have it (404)`);
  });

  it('fetches an image as a layout in which every blob has its digest', async () => {
    const digest = digestOf('web:1.0.0');
    const layout = join(directory, 'image');
    const pulled = await client.pullToLayout(`${REGISTRY}/web@${digest}`, layout, 'linux/amd64');
    expect(pulled).toMatchObject({ digest, imageDigest: digest });
    expect(JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')).manifests).toHaveLength(1);
    const blobs = readdirSync(join(layout, 'blobs', 'sha256'));
    expect(blobs).toContain(digest.slice('sha256:'.length));
    for (const blob of blobs) expect(hash(readFileSync(join(layout, 'blobs', 'sha256', blob)))).toBe(blob);
  });

  it('updates the lock, finds it up to date, and finds it out of date once the tag has moved', async () => {
    expect(await lockUpdate({ policy, image: [REFERENCE] }, io)).toBe(0);
    const first = digestOf('web:1.0.0');
    expect(lock().images[REFERENCE]).toMatchObject({ staging: { tag: '1', digest: first }, production: { tag: '1', digest: first } });
    expect(await lockCheck({ policy }, io)).toBe(0);
    await copy('web', '1.0.2', '1');
    said = '';
    expect(await lockCheck({ policy }, io)).toBe(2);
    expect(said).toContain(`${REFERENCE} in staging: 1 is ${digestOf('web:1.0.2').slice(0, 19)} in the registry`);
    expect(await lockUpdate({ policy }, io)).toBe(0);
    expect(lock().images[REFERENCE]).toMatchObject({ staging: { digest: digestOf('web:1.0.2') }, production: { digest: first } });
    expect(await lockCheck({ policy }, io)).toBe(0);
  });

  it('takes over what was promoted, and says what is missing', async () => {
    const before = readFileSync(join(directory, 'images.lock.yaml'), 'utf8');
    await expect(lockPull({ policy }, io)).rejects.toThrow(`there is no ConfigMap ${NAMESPACE}/patchway-promotion-production`);
    expect(readFileSync(join(directory, 'images.lock.yaml'), 'utf8')).toBe(before);
    const digest = digestOf('web:1.0.2');
    const state = {
      schemaVersion: 1,
      policyHash: 'x',
      workloads: { web: { current: { [REFERENCE]: { tag: '1', digest } } } },
      step: 'idle',
      refused: [],
      history: [{ at: '2026-11-14T00:00:00Z', what: 'promoted', why: 'soaked', to: { web: { [REFERENCE]: { tag: '1', digest } } } }],
    };
    const metadata = { name: 'patchway-promotion-production', namespace: NAMESPACE };
    await apply(JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { state: JSON.stringify(state) } }));
    expect(await lockPull({ policy }, io)).toBe(0);
    const { staging, production } = lock().images[REFERENCE] ?? {};
    expect(production).toEqual({ ...staging, promotedAt: '2026-11-14T00:00:00Z' });
    const after = readFileSync(join(directory, 'images.lock.yaml'), 'utf8');
    expect(await lockPull({ policy }, io)).toBe(0);
    expect(readFileSync(join(directory, 'images.lock.yaml'), 'utf8')).toBe(after);
  });

  it('says that there is no such context', async () => {
    await expect(lockPull({ policy, context: 'nowhere' }, io)).rejects.toMatchObject({ exitCode: 1 });
  });
});

function hash(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Puts an image of the test registry under a name that is this test's own. */
async function copy(from: string, tag: string, as: string): Promise<void> {
  const url = `http://${REGISTRY}/v2`;
  const type = 'application/vnd.docker.distribution.manifest.v2+json';
  const manifest = await request({ method: 'GET', url: `${url}/${from}/manifests/${tag}`, headers: { accept: type } });
  const { config, layers } = JSON.parse(manifest.body.toString('utf8')) as { config: { digest: string }; layers: { digest: string }[] };
  for (const { digest } of [config, ...layers]) {
    const blob = await request({ method: 'GET', url: `${url}/${from}/blobs/${digest}` });
    const upload = await request({ method: 'POST', url: `${url}/${REPOSITORY}/blobs/uploads/` });
    const target = new URL(upload.headers.location ?? '', `${url}/`);
    target.searchParams.set('digest', digest);
    await request({ method: 'PUT', url: target.href, headers: { 'content-type': 'application/octet-stream' }, body: blob.body });
  }
  const put = await request({
    method: 'PUT',
    url: `${url}/${REPOSITORY}/manifests/${as}`,
    headers: { 'content-type': type },
    body: manifest.body,
  });
  expect(put.status).toBe(201);
}
