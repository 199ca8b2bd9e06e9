import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anonymous, registryClient } from '../../src/agent/registry.js';
import type { Io } from '../../src/cli/io.js';
import { lockUpdate } from '../../src/cli/lock.js';
import { guardManifests } from '../../src/guard/manifests.js';
import { toYaml } from '../../src/manifest/yaml.js';
import { loadPolicy } from '../../src/policy/load.js';
import { apply, digestOf, eventually, exec, hasCluster, kubectl, REGISTRY } from './cluster.js';
import { goProgram } from './go-program.js';

const KYVERNO = '../shared/crds/kyverno/policies.kyverno.io_imagevalidatingpolicies.yaml';

describe.runIf(hasCluster())('images that cosign has signed', () => {
  const directory = mkdtempSync(join(tmpdir(), 'patchway-signatures-'));
  let program = '';
  const env = { COSIGN_PASSWORD: 'secret', COSIGN_YES: 'true' };
  const cosign = async (...args: string[]) => {
    const outcome = await exec(program, args, { env, cwd: directory });
    expect(outcome, outcome.stderr).toMatchObject({ code: 0 });
    return outcome;
  };
  const sign = (key: string, image: string) =>
    cosign(
      'sign',
      '--key',
      `${key}.key`,
      '--tlog-upload=false',
      '--allow-insecure-registry',
      '--use-signing-config=false',
      '--new-bundle-format=false',
      image,
    );
  const update = async (image: string, key = 'ours', repositories?: readonly string[]) => {
    const publicKey = readFileSync(join(directory, `${key}.pub`), 'utf8');
    writePolicy({ publicKey, ...(repositories === undefined ? {} : { repositories }) });
    rmSync(join(directory, 'images.lock.yaml'), { force: true });
    return lockUpdate({ policy: 'policy.json', lock: 'images.lock.yaml', image: [`${REGISTRY}/${image}`] }, io);
  };
  const writePolicy = (signatures: object) =>
    writeFileSync(
      join(directory, 'policy.json'),
      JSON.stringify({
        name: 'signed',
        scan: { schedule: '0 3 * * *', scanners: [{ kind: 'grype' }] },
        gate: { deadlines: { critical: '7d', high: '14d', medium: '90d', low: '180d' } },
        stages: [{ name: 'production', namespace: 'signed' }],
        promotion: { signatures },
      }),
    );
  const io: Io = { out: () => {}, err: () => {}, stdin: async () => '', color: false, env: {}, cwd: directory, now: Date.now };

  beforeAll(async () => {
    program = await goProgram('github.com/sigstore/cosign/v2/cmd/cosign', 'v2.6.1');
    for (const key of ['ours', 'theirs']) await cosign('generate-key-pair', '--output-key-prefix', key);
    await sign('ours', `${REGISTRY}/web@${digestOf('web:1.0.1')}`);
    await sign('theirs', `${REGISTRY}/web@${digestOf('web:1.0.2')}`);
  }, 1_500_000);
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('are locked by the key that signed them', async () => {
    expect(await update('web:1.0.1')).toBe(0);
    expect(readFileSync(join(directory, 'images.lock.yaml'), 'utf8')).toContain(digestOf('web:1.0.1'));
  });

  it('are not by another key', async () => {
    await expect(update('web:1.0.2')).rejects.toThrow(
      /web@sha256:\w+ is not locked: none of its signatures is by the key that the policy names/,
    );
    expect(existsSync(join(directory, 'images.lock.yaml'))).toBe(false);
    expect(await update('web:1.0.2', 'theirs')).toBe(0);
  });

  it('are not without a signature, unless the policy asks for none on them', async () => {
    await expect(update('web:1.0.0')).rejects.toThrow(/is not locked, as its signature was not found: .* does not have it \(404\)/);
    expect(await update('web:1.0.0', 'ours', [`${REGISTRY}/busybox`])).toBe(0);
  });

  it('are not by the signature of another image', async () => {
    const [from, to] = ['web:1.0.1', 'web:broken'].map((image) => digestOf(image).replace(':', '-'));
    const path = `http://${REGISTRY}/v2/web/manifests`;
    const signature = await fetch(`${path}/${from}.sig`, { headers: { accept: 'application/vnd.oci.image.manifest.v1+json' } });
    const type = signature.headers.get('content-type') ?? '';
    const put = await fetch(`${path}/${to}.sig`, { method: 'PUT', headers: { 'content-type': type }, body: await signature.text() });
    expect(put.status).toBe(201);
    await expect(update('web:broken')).rejects.toThrow('is not locked: its signature is of another image');
  });

  it('are locked by an RSA key, too', async () => {
    expect(await exec('openssl', ['genrsa', '-out', 'rsa.pem', '2048'], { cwd: directory })).toMatchObject({ code: 0 });
    expect(await exec('openssl', ['pkey', '-in', 'rsa.pem', '-pubout', '-out', 'imported.pub'], { cwd: directory })).toMatchObject({
      code: 0,
    });
    await cosign('import-key-pair', '--key', 'rsa.pem', '--output-key-prefix', 'imported');
    await sign('imported', `${REGISTRY}/busybox@${digestOf('busybox:1.36')}`);
    expect(await update('busybox:1.36', 'imported')).toBe(0);
  });

  it('say nothing that is verified, but what cosign wrote', async () => {
    const found = await registryClient({ credentials: anonymous }).signatures(`${REGISTRY}/web@${digestOf('web:1.0.1')}`);
    expect(found.length).toBeGreaterThan(0);
    expect(JSON.parse(found[0]?.payload.toString() ?? '')).toMatchObject({
      critical: { image: { 'docker-manifest-digest': digestOf('web:1.0.1') } },
    });
  });

  it('are asked for by a policy that Kyverno takes', async () => {
    await kubectl(['apply', '--server-side', '-f', KYVERNO]);
    writePolicy({
      publicKey: readFileSync(join(directory, 'ours.pub'), 'utf8'),
      admission: 'kyverno',
      repositories: [`${REGISTRY}/*`, `${REGISTRY}/web`],
    });
    const policy = loadPolicy(join(directory, 'policy.json'));
    const lock = { schemaVersion: 1, images: {}, tools: {} } as const;
    const manifests = guardManifests({ policy, stage: policy.stage('production'), workloads: [], lock });
    const asked = manifests.filter(({ kind }) => kind === 'ImageValidatingPolicy');
    expect(asked).toHaveLength(1);
    await eventually('the kind is served', async () => {
      await kubectl(['apply', '--server-side', '--dry-run=server', '--validate=strict', '-f', '-'], toYaml(asked));
      return true;
    });
    await expect(apply(toYaml(asked).replace('attestors:', 'attestor:'))).rejects.toThrow(/attestor: field not declared|unknown field/);
  });
});
