import type { Reference } from '../../lock/reference.js';
import { PatchwayError } from '../../problem.js';

/** A user's name and password, or a token that stands for both. */
export type Credential = { readonly username: string; readonly password: string } | { readonly identityToken: string };

/** What to sign in with for an image; undefined: anonymously. */
export type Credentials = (reference: Reference) => Promise<Credential | undefined>;

export const anonymous: Credentials = async () => undefined;

/** The parts of Docker's `config.json` that name credentials; a `kubernetes.io/dockerconfigjson` Secret holds the same. */
export interface DockerConfig {
  readonly auths: Readonly<Record<string, unknown>>;
  readonly credsStore?: string;
  readonly credHelpers: Readonly<Record<string, unknown>>;
}

/**
 * Reads Docker's `config.json`.
 * @throws when it is not JSON; its contents are not repeated, as they are secret
 */
export function readDockerConfig(text: string, source: string): DockerConfig {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new PatchwayError(`${source}: not JSON. Write it with \`docker login\`, or \`kubectl create secret docker-registry\`.`, {
      exitCode: 65,
    });
  }
  const { auths, credHelpers, credsStore } = recordOf(value);
  return {
    auths: recordOf(auths),
    credHelpers: recordOf(credHelpers),
    ...(typeof credsStore === 'string' && credsStore !== '' ? { credsStore } : {}),
  };
}

/** Credentials from the `auths` of Docker's `config.json`: the most specific entry for an image, as Kubernetes looks it up. */
export function credentialsFrom(text: string, source: string): Credentials {
  const { auths } = readDockerConfig(text, source);
  return async (reference) => {
    const key = matchingKey(Object.keys(auths), reference);
    return key === undefined ? undefined : credentialOf(recordOf(auths[key]));
  };
}

/** The most specific key that names an image's registry: `ghcr.io/acme` before `ghcr.io`, `*` for one part of a host. */
export function matchingKey(keys: readonly string[], { registry, path }: Reference): string | undefined {
  return keys
    .map((key) => {
      const [host = '', ...prefix] = key
        .replace(/^https?:\/\//, '')
        .replace(/\/+$/, '')
        .split('/');
      // Docker writes `https://index.docker.io/v1/`; v1 and v2 there are not parts of a repository's name.
      return { key, host: dockerHub(host) ? 'docker.io' : host, prefix: prefix.join('/').replace(/^v[12]$/, '') };
    })
    .filter(({ host, prefix }) => hostMatches(host, registry) && (prefix === '' || `${path}/`.startsWith(`${prefix}/`)))
    .sort((a, b) => b.prefix.length - a.prefix.length || a.host.split('*').length - b.host.split('*').length)[0]?.key;
}

/** The credential in one entry of `auths`; undefined where it is empty, as it is when a helper keeps it. */
export function credentialOf({ auth, username, password, identitytoken }: Readonly<Record<string, unknown>>): Credential | undefined {
  if (typeof identitytoken === 'string' && identitytoken !== '') return { identityToken: identitytoken };
  if (typeof username === 'string' && typeof password === 'string' && username !== '') return { username, password };
  if (typeof auth !== 'string' || auth === '') return undefined;
  const decoded = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
  const colon = decoded.indexOf(':');
  return colon < 1 ? undefined : { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : {};
}

function dockerHub(host: string): boolean {
  return host === 'index.docker.io' || host === 'registry-1.docker.io';
}

function hostMatches(pattern: string, host: string): boolean {
  if (!pattern.includes('*')) return pattern === host;
  const [wanted, given] = [pattern.split('.'), host.split('.')];
  return wanted.length === given.length && wanted.every((part, i) => partMatches(part, given[i] ?? ''));
}

function partMatches(pattern: string, text: string): boolean {
  const escaped = pattern.split('*').map((piece) => piece.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}$`).test(text);
}
