import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockUpdate } from '../../src/cli/lock.js';
import { mustBeSigned, whyNotSigned } from '../../src/lock/signatures.js';
import { isPublicKey } from '../../src/policy/public-key.js';
import { type FakeRegistry, fakeRegistry, OCI_MANIFEST, sha256 } from '../agent/fake-registry.js';

const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString();
const ecdsa = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const other = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const DIGEST = `sha256:${'a'.repeat(64)}`;
const payload = (digest: string, type = 'cosign container image signature') =>
  Buffer.from(JSON.stringify({ critical: { identity: {}, image: { 'docker-manifest-digest': digest }, type }, optional: null }));
const signed = (key: KeyObject, text: Buffer) => ({ payload: text, signature: sign('sha256', text, key).toString('base64') });

describe('a signature', () => {
  it.each([
    ['ECDSA', ecdsa],
    ['RSA', rsa],
  ])('is one by a key of type %s of this digest', (_, { publicKey, privateKey }) => {
    expect(whyNotSigned(pem(publicKey), DIGEST, [signed(privateKey, payload(DIGEST))])).toBeUndefined();
    expect(
      whyNotSigned(pem(publicKey), DIGEST, [signed(other.privateKey, payload(DIGEST)), signed(privateKey, payload(DIGEST))]),
    ).toBeUndefined();
  });

  const NOT_OURS = 'none of its signatures is by the key that the policy names';
  const OF_ANOTHER = 'its signature is of another image';
  it.each([
    ['there is none', [], NOT_OURS],
    ['it is by another key', [signed(other.privateKey, payload(DIGEST))], NOT_OURS],
    ['it is by another kind of key', [signed(rsa.privateKey, payload(DIGEST))], NOT_OURS],
    ['it is of a changed text', [{ ...signed(ecdsa.privateKey, payload(`sha256:${'b'.repeat(64)}`)), payload: payload(DIGEST) }], NOT_OURS],
    ['it is no signature', [{ payload: payload(DIGEST), signature: '?' }], NOT_OURS],
    ['it is of another digest', [signed(ecdsa.privateKey, payload(`sha256:${'b'.repeat(64)}`))], OF_ANOTHER],
    ['it is of something else than an image', [signed(ecdsa.privateKey, payload(DIGEST, 'atomic'))], OF_ANOTHER],
    ['its text is not JSON', [signed(ecdsa.privateKey, Buffer.from('no'))], OF_ANOTHER],
    ['its text is null', [signed(ecdsa.privateKey, Buffer.from('null'))], OF_ANOTHER],
  ])('is not where %s', (_, signatures, why) => {
    expect(whyNotSigned(pem(ecdsa.publicKey), DIGEST, signatures)).toBe(why);
  });
});

describe('the images that must be signed', () => {
  it.each([
    [undefined, 'ghcr.io/acme/web', false, true],
    [undefined, 'docker.io/library/node', true, false],
    [['ghcr.io/acme/*'], 'ghcr.io/acme/web', false, true],
    [['ghcr.io/acme/*'], 'ghcr.io/acmes/web', false, false],
    [['ghcr.io/acme/web'], 'ghcr.io/acme/web', false, true],
    [['ghcr.io/acme/web'], 'ghcr.io/acme/web2', false, false],
    [['docker.io/library/node'], 'docker.io/library/node', true, true],
    [[], 'ghcr.io/acme/web', false, false],
  ])('by %j: %s (tool: %s) %s', (repositories, repository, tool, expected) => {
    expect(mustBeSigned(repositories === undefined ? {} : { repositories }, repository, tool)).toBe(expected);
  });
});

describe('a public key', () => {
  it.each([
    ['ECDSA on P-256', pem(ecdsa.publicKey), true],
    ['RSA', pem(rsa.publicKey), true],
    ['another curve', pem(generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).publicKey), false],
    // cosign signs another hash with it than what Node verifies.
    ['Ed25519', pem(generateKeyPairSync('ed25519').publicKey), false],
    ['a private key', ecdsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), false],
    ['a broken one', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----', false],
    ['nothing', '', false],
  ])('of type %s: %s', (_, text, expected) => {
    expect(isPublicKey(text)).toBe(expected);
  });
});

describe('patchway lock update', () => {
  let registry: FakeRegistry;
  let directory: string;
  beforeEach(async () => {
    registry = await fakeRegistry();
    directory = mkdtempSync(join(tmpdir(), 'patchway-signatures-'));
  });
  afterEach(async () => {
    await registry.close();
    rmSync(directory, { recursive: true });
  });
  const lockFile = () => join(directory, 'images.lock.yaml');
  const io = { out: () => {}, err: () => {}, stdin: async () => '', color: false, now: () => Date.parse('2026-11-20T12:00:00Z') };
  const update = (repositories?: readonly string[]) => {
    const policy = {
      name: 'shop',
      gate: { deadlines: { critical: '7d', high: '14d', medium: '30d', low: '90d' } },
      scan: { schedule: '17 3 * * *', scanners: [{ kind: 'trivy' }] },
      stages: [{ name: 'production', namespace: 'shop' }],
      promotion: { signatures: { publicKey: pem(ecdsa.publicKey), ...(repositories === undefined ? {} : { repositories }) } },
    };
    writeFileSync(join(directory, 'policy.json'), JSON.stringify(policy));
    const options = { policy: 'policy.json', lock: 'images.lock.yaml', image: [`${registry.host}/web:1`] };
    return lockUpdate(options, { ...io, env: { DOCKER_CONFIG: directory }, cwd: directory });
  };
  /** Stores a signature beside an image, as cosign does. */
  const store = (digest: string, { payload: text, signature }: ReturnType<typeof signed>) => {
    registry.blobs.set(sha256(text), text);
    const annotations = { 'dev.cosignproject.cosign/signature': signature };
    const layer = { mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json', digest: sha256(text), size: text.length, annotations };
    const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: sha256('{}'), size: 2 };
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [layer] }));
    registry.manifests.set(`${digest.replace(':', '-')}.sig`, { type: OCI_MANIFEST, bytes });
  };
  const push = (content: string) => {
    const digest = registry.image(content, { created: '2026-10-01T00:00:00Z' });
    registry.tag('1', digest);
    return digest;
  };

  it('locks what is signed, and leaves the lock alone for what is not', async () => {
    const first = push('one');
    store(first, signed(ecdsa.privateKey, payload(first)));
    expect(await update()).toBe(0);
    const before = readFileSync(lockFile(), 'utf8');
    expect(before).toContain(first);
    const second = push('two');
    await expect(update()).rejects.toThrow(
      /web@sha256:\w{64} is not locked, as its signature was not found: .*\nimages\.lock\.yaml was not changed\. Sign what you trust/,
    );
    store(second, signed(other.privateKey, payload(second)));
    await expect(update()).rejects.toThrow(`web@${second} is not locked: none of its signatures is by the key that the policy names.`);
    store(second, signed(ecdsa.privateKey, payload(first)));
    await expect(update()).rejects.toThrow(`web@${second} is not locked: its signature is of another image.`);
    expect(readFileSync(lockFile(), 'utf8')).toBe(before);
  });

  it('asks nothing of what is locked already, nor of repositories that need no signature', async () => {
    const digest = push('one');
    store(digest, signed(ecdsa.privateKey, payload(digest)));
    await update();
    registry.manifests.delete(`${digest.replace(':', '-')}.sig`);
    expect(await update()).toBe(0);
    rmSync(lockFile());
    expect(await update([`${registry.host}/api`])).toBe(0);
  });
});
