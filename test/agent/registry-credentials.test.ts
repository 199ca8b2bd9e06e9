import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { credentialsFrom } from '../../src/agent/registry/credentials.js';
import { dockerCredentials } from '../../src/agent/registry/docker-login.js';
import { parseReference, type Reference } from '../../src/lock/reference.js';

function reference(text: string): Reference {
  const parsed = parseReference(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
const bob = { username: 'bob', password: 's:cret' };

describe('credentials in a Secret', () => {
  it.each([
    { what: 'auth', entry: { auth: base64('bob:s:cret') }, expected: bob },
    { what: 'username and password', entry: bob, expected: bob },
    { what: 'an identity token', entry: { auth: base64('00000000:'), identitytoken: 'idt' }, expected: { identityToken: 'idt' } },
    { what: 'an empty entry', entry: {}, expected: undefined },
    { what: 'auth without a colon', entry: { auth: base64('bob') }, expected: undefined },
    { what: 'a list', entry: [], expected: undefined },
  ])('reads $what', async ({ entry, expected }) => {
    const credentials = credentialsFrom(JSON.stringify({ auths: { 'ghcr.io': entry } }), 'secret');
    expect(await credentials(reference('ghcr.io/acme/web:1'))).toEqual(expected);
    expect(await credentials(reference('quay.io/acme/web:1'))).toBeUndefined();
  });

  it.each([
    { key: 'https://index.docker.io/v1/', image: 'nginx' },
    { key: 'docker.io', image: 'docker.io/library/nginx' },
    { key: 'registry-1.docker.io', image: 'nginx' },
    { key: 'https://ghcr.io', image: 'ghcr.io/acme/web' },
    { key: 'http://10.0.0.1:5000/v2/', image: '10.0.0.1:5000/web' },
    { key: 'ghcr.io/acme', image: 'ghcr.io/acme/web' },
    { key: '*.example.com', image: 'registry.example.com/web' },
  ])('$key is for $image', async ({ key, image }) => {
    expect(await credentialsFrom(JSON.stringify({ auths: { [key]: bob } }), 'secret')(reference(image))).toEqual(bob);
  });

  it.each([
    { key: 'ghcr.io/acme', image: 'ghcr.io/acmecorp/web' },
    { key: '*.example.com', image: 'a.b.example.com/web' },
    { key: '*.example.com', image: 'registry.example.com.evil.org/web' },
    { key: 'ghcr.io', image: 'ghcr.io:8443/acme/web' },
  ])('$key is not for $image', async ({ key, image }) => {
    expect(await credentialsFrom(JSON.stringify({ auths: { [key]: bob } }), 'secret')(reference(image))).toBeUndefined();
  });

  it('prefers the more specific entry', async () => {
    const auths = {
      '*.io': { username: 'star', password: 'x' },
      'ghcr.io': { username: 'host', password: 'x' },
      'ghcr.io/acme': { username: 'path', password: 'x' },
    };
    const credentials = credentialsFrom(JSON.stringify({ auths }), 'secret');
    expect(await credentials(reference('ghcr.io/acme/web'))).toMatchObject({ username: 'path' });
    expect(await credentials(reference('ghcr.io/other/web'))).toMatchObject({ username: 'host' });
    expect(await credentials(reference('quay.io/other/web'))).toMatchObject({ username: 'star' });
  });

  it('does not repeat what it could not read', () => {
    expect(() => credentialsFrom('{"auths": s3cret', 'the Secret regcred')).toThrow(
      /^the Secret regcred: not JSON\. Write it with `docker login`/,
    );
    expect(() => credentialsFrom('{"auths": s3cret', 'x')).not.toThrow(/s3cret/);
  });
});

describe('credentials of docker login', () => {
  let directory: string;
  let env: NodeJS.ProcessEnv;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'patchway-docker-'));
    env = { DOCKER_CONFIG: directory, PATH: `${directory}${delimiter}${process.env.PATH}` };
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const config = (value: unknown) =>
    writeFileSync(join(directory, 'config.json'), typeof value === 'string' ? value : JSON.stringify(value));
  /** A helper that knows `bob` for one server, and says so as Docker's helpers do. */
  function helper(name: string, server: string, answer: string) {
    const file = join(directory, `docker-credential-${name}`);
    writeFileSync(
      file,
      `#!/bin/sh\nread server\nif [ "$server" = "${server}" ]; then echo '${answer}'; else echo 'credentials not found in native keychain'; exit 1; fi\n`,
    );
    chmodSync(file, 0o755);
  }

  it('is anonymous without a file, and reads the home directory', async () => {
    expect(await dockerCredentials(env)(reference('nginx'))).toBeUndefined();
    mkdirSync(join(directory, '.docker'));
    writeFileSync(join(directory, '.docker', 'config.json'), JSON.stringify({ auths: { 'ghcr.io': bob } }));
    expect(await dockerCredentials({ HOME: directory })(reference('ghcr.io/acme/web'))).toEqual(bob);
  });

  it('says which file is not JSON', async () => {
    config('{');
    await expect(dockerCredentials(env)(reference('nginx'))).rejects.toThrow(`${join(directory, 'config.json')}: not JSON.`);
  });

  it('asks the store, and the helper of a registry before it', async () => {
    config({ credsStore: 'all', credHelpers: { 'ghcr.io': 'one' }, auths: { 'quay.io': bob } });
    helper('all', 'https://index.docker.io/v1/', '{"Username":"hub","Secret":"x"}');
    helper('one', 'ghcr.io', '{"Username":"<token>","Secret":"idt"}');
    const credentials = dockerCredentials(env);
    expect(await credentials(reference('nginx'))).toEqual({ username: 'hub', password: 'x' });
    expect(await credentials(reference('ghcr.io/acme/web'))).toEqual({ identityToken: 'idt' });
    expect(await credentials(reference('quay.io/acme/web'))).toEqual(bob);
    expect(await credentials(reference('gcr.io/acme/web'))).toBeUndefined();
  });

  it('says that a helper is missing or answers nonsense', async () => {
    config({ credsStore: 'absent' });
    await expect(dockerCredentials(env)(reference('nginx'))).rejects.toThrow('docker-credential-absent could not be started');
    config({ credsStore: 'odd' });
    helper('odd', 'https://index.docker.io/v1/', 'hello');
    await expect(dockerCredentials(env)(reference('nginx'))).rejects.toThrow('docker-credential-odd answered something that is not JSON');
  });
});
