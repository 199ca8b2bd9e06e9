import { describe, expect, it } from 'vitest';
import type { Credentials } from '../../src/agent/registry/credentials.js';
import { openedBy, type PodRegistry, pullKeys } from '../../src/agent/scan/pull-secrets.js';
import { parseReference } from '../../src/lock/reference.js';
import { PatchwayError } from '../../src/problem.js';

const REPOSITORY = 'ghcr.io/acme/web';
const IMAGE = parseReference(REPOSITORY)!;
const docker = (host: string, username: string) => JSON.stringify({ auths: { [host]: { username, password: 'secret' } } });
const SECRETS: Readonly<Record<string, string>> = {
  'team-a': docker('ghcr.io', 'a'),
  'team-b': docker('ghcr.io/acme', 'b'),
  elsewhere: docker('quay.io', 'c'),
  general: docker('ghcr.io', 'general'),
  broken: '{"auths": s3cret',
};
const read = async (name: string) => SECRETS[name];

const keysOf = (pullSecrets: readonly string[] | undefined, registrySecret?: string) =>
  pullKeys(registrySecret === undefined ? {} : { registrySecret }, pullSecrets === undefined ? {} : { pullSecrets }, IMAGE, read);

describe('what there is to be let in with', () => {
  it.each([
    ['nothing where nothing is named', undefined, undefined, [], []],
    ['the policy’s where a workload names none', undefined, 'general', ['general'], []],
    ['the workload’s before the policy’s', ['team-a', 'team-b'], 'general', ['team-a', 'team-b', 'general'], []],
    ['the policy’s once, where a workload names it, too', ['general', 'team-a'], 'general', ['team-a', 'general'], []],
    ['none that is for another registry', ['elsewhere'], undefined, [], []],
    ['none that is missing, and its name', ['gone', 'team-a'], undefined, ['team-a'], ['gone']],
  ])('is %s', async (_name, pullSecrets, registrySecret, secrets, missing) => {
    const found = await keysOf(pullSecrets, registrySecret);
    expect(found.keys.map(({ secret }) => secret)).toEqual(secrets);
    expect(found.missing).toEqual(missing);
  });

  it('is an error where the policy’s own is missing, or a Secret cannot be read', async () => {
    await expect(keysOf(['team-a'], 'gone')).rejects.toThrow(/^scan\.registrySecret: there is no Secret gone with the key/);
    await expect(keysOf(['broken'])).rejects.toThrow(/^Secret broken: not JSON/);
    await expect(keysOf(['broken'])).rejects.not.toThrow(/s3cret/);
  });
});

describe('a registry that is opened by one of several keys', () => {
  /** Lets in whom it knows, and tells who asked. */
  function registry(admitted: readonly (string | undefined)[]) {
    const asked: (string | undefined)[] = [];
    const client = (credentials: Credentials): PodRegistry => {
      const ask = async () => {
        const credential = await credentials(IMAGE);
        const name = credential && 'username' in credential ? credential.username : undefined;
        asked.push(name);
        if (!admitted.includes(name)) throw new PatchwayError(`not ${name ?? 'anonymous'} (401)`);
        return name;
      };
      const answer = async () => ({ digest: String(await ask()), platforms: {}, mediaType: '' });
      return {
        resolve: answer,
        pullToLayout: async () => ({ ...(await answer()), imageDigest: '', bytes: 0 }),
        layers: async () => ({ digest: String(await ask()), layers: [] }),
      };
    };
    return { asked, client };
  }

  it.each([
    ['the first that it knows', ['team-a', 'team-b'], 'general', ['b', 'general'], 'b', ['a', 'b']],
    ['the policy’s where it knows no workload’s', ['team-a'], 'general', ['general'], 'general', ['a', 'general']],
    ['nobody’s name where there is no key', ['elsewhere'], undefined, [undefined], 'undefined', [undefined]],
  ] as const)('answers to %s', async (_name, pullSecrets, general, admitted, answer, order) => {
    const { asked, client } = registry(admitted);
    const opened = openedBy(await keysOf(pullSecrets, general), client);
    expect((await opened.resolve(REPOSITORY)).digest).toBe(answer);
    expect(asked).toEqual(order);
    expect((await opened.pullToLayout(REPOSITORY, '/work/image', 'linux/amd64')).digest).toBe(answer);
    expect((await opened.layers(REPOSITORY, 'linux/amd64')).digest).toBe(answer);
  });

  it.each([
    ['one key', ['team-a'], 'not a (401)'],
    ['two keys', ['team-a', 'team-b'], 'not b (401) Tried with the Secrets team-a, team-b.'],
    [
      'a key that is not there',
      ['gone'],
      'not anonymous (401) A workload pulls with the Secret gone, which is not there with the key .dockerconfigjson.',
    ],
  ])('says what was tried: %s', async (_name, pullSecrets, message) => {
    const opened = openedBy(await keysOf(pullSecrets), registry([]).client);
    await expect(opened.resolve(REPOSITORY)).rejects.toThrow(new PatchwayError(message));
  });

  it('does not take a fault of the program for a refusal', async () => {
    const fault = new TypeError('no such function');
    const client = (): PodRegistry => ({
      resolve: () => Promise.reject(fault),
      pullToLayout: () => Promise.reject(fault),
      layers: () => Promise.reject(fault),
    });
    await expect(openedBy(await keysOf(['team-a', 'team-b']), client).resolve(REPOSITORY)).rejects.toBe(fault);
  });
});
