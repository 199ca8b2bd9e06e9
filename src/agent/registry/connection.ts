import { isIPv4 } from 'node:net';
import { rootCertificates } from 'node:tls';
import type { Reference } from '../../lock/reference.js';
import { isPatchwayError, PatchwayError } from '../../problem.js';
import { type Download, download, type HttpResponse, request } from '../http.js';
import { isCertificateFailure } from '../http-failure.js';
import { type Credential, type Credentials, recordOf } from './credentials.js';

export interface ConnectionOptions {
  readonly credentials: Credentials;
  /** A certificate authority in PEM, trusted beside the public ones. */
  readonly ca?: string;
  readonly retryDelayMs?: number;
}

/** Authenticated requests to registries. Tokens and what was learnt about a host are kept for the life of the object. */
export interface Connection {
  get(reference: Reference, path: string, options: { readonly accept?: string; readonly maxBytes: number }): Promise<HttpResponse>;
  download(reference: Reference, path: string, file: string, maxBytes: number): Promise<Download>;
  /** Where something is and what it takes to get it, for somebody else; known once a request has been answered. */
  address(reference: Reference, path: string): Promise<{ readonly url: string; readonly headers: Readonly<Record<string, string>> }>;
}

type Send<T> = (url: string, headers: Record<string, string>) => Promise<T>;

const BLOB_TIMEOUT_MS = 15 * 60_000;

/** Requests below `/v2/<repository>/`; an answer of 400 or more is an error in words. */
export function connection({ credentials, ca, retryDelayMs }: ConnectionOptions): Connection {
  const tls = { ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }), ...(retryDelayMs === undefined ? {} : { retryDelayMs }) };
  const origins = new Map<string, Promise<string>>();
  const authorizations = new Map<string, string>();

  const originOf = (registry: string) => {
    const known = origins.get(registry) ?? findOrigin(registry, tls);
    origins.set(registry, known);
    known.catch(() => origins.delete(registry));
    return known;
  };

  const authenticated = async <T extends HttpResponse>(reference: Reference, path: string, send: Send<T>): Promise<T> => {
    const url = `${await originOf(reference.registry)}/v2/${reference.path}/${path}`;
    const authorization = authorizations.get(reference.repository);
    const first = await send(url, authorization === undefined ? {} : { authorization });
    if (first.status !== 401) return accepted(first, reference, path);
    const credential = await credentials(reference);
    const renewed = await authorize(reference, first, credential, tls);
    if (renewed === undefined) throw refusal(first, reference, path, credential !== undefined);
    authorizations.set(reference.repository, renewed);
    return accepted(await send(url, { authorization: renewed }), reference, path, credential !== undefined);
  };

  /** An error of the connection knows the host alone: the image is added. */
  const named = <T extends HttpResponse>(reference: Reference, path: string, send: Send<T>): Promise<T> =>
    authenticated(reference, path, send).catch((error: unknown) => {
      const title = titleOf(reference, path);
      const bare = isPatchwayError(error) && !error.message.startsWith(title);
      throw bare
        ? new PatchwayError(`${title}: ${error.message}`, { exitCode: error.exitCode, problems: error.problems, cause: error })
        : error;
    });

  return {
    get: (reference, path, { accept, maxBytes }) =>
      named(reference, path, (url, headers) =>
        request({ method: 'GET', url, headers: { ...headers, ...(accept === undefined ? {} : { accept }) }, maxBytes, ...tls }),
      ),
    address: async (reference, path) => {
      const authorization = authorizations.get(reference.repository);
      const url = `${await originOf(reference.registry)}/v2/${reference.path}/${path}`;
      return { url, headers: authorization === undefined ? {} : { authorization } };
    },
    download: (reference, path, file, maxBytes) =>
      named(reference, path, (url, headers) => download({ url, headers, maxBytes, timeoutMs: BLOB_TIMEOUT_MS, ...tls }, file)),
  };
}

/**
 * HTTPS, but where the address can only be a private one also HTTP, as go-containerregistry has it.
 * A certificate that is not trusted never leads to HTTP.
 */
async function findOrigin(registry: string, tls: object): Promise<string> {
  const host = apiHost(registry);
  if (!isPrivate(host)) return `https://${host}`;
  return request({ method: 'GET', url: `https://${host}/v2/`, retries: 0, timeoutMs: 5_000, ...tls }).then(
    () => `https://${host}`,
    (error: unknown) => {
      if (isCertificateFailure(error)) throw error;
      return `http://${host}`;
    },
  );
}

/** Docker Hub's API is at another host than its images' names say. */
export function apiHost(registry: string): string {
  return registry === 'docker.io' ? 'registry-1.docker.io' : registry;
}

/** Loopback and RFC 1918 addresses, and names that resolve to such by convention. */
export function isPrivate(registry: string): boolean {
  if (/^\[::1\](:\d+)?$/.test(registry)) return true;
  const name = registry.replace(/:\d+$/, '');
  if (name === 'localhost' || name.endsWith('.localhost') || name.endsWith('.local')) return true;
  return isIPv4(name) && /^(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/.test(name);
}

/** The `Authorization` that a 401 asks for; undefined where it asks for none that we have. */
async function authorize(
  reference: Reference,
  { headers, url }: HttpResponse,
  credential: Credential | undefined,
  tls: object,
): Promise<string | undefined> {
  const challenge = headers['www-authenticate'] ?? '';
  const basic = credential && 'username' in credential ? basicHeader(credential) : undefined;
  if (/^basic/i.test(challenge)) return basic;
  const parameters = challengeParameters(challenge);
  const { realm } = parameters;
  if (!/^bearer/i.test(challenge) || realm === undefined || !URL.canParse(realm)) return undefined;
  const target = new URL(realm);
  if (credential !== undefined && url.startsWith('https:') && target.protocol !== 'https:') {
    throw new PatchwayError(`${reference.registry} asks to send the password over plain HTTP to ${target.host}: refused.`);
  }
  const query = { service: parameters.service, scope: parameters.scope ?? `repository:${reference.path}:pull` };
  const response = await askToken(target, query, credential, basic, tls);
  if (response.status === 401 || response.status === 403) throw refusal(response, reference, 'token', credential !== undefined);
  accepted(response, reference, 'token');
  const { token, access_token: accessToken } = recordOf(jsonOf(response, reference));
  const value = token ?? accessToken;
  if (typeof value !== 'string') throw new PatchwayError(`${target.host} answered no token for ${reference.repository}.`);
  return `Bearer ${value}`;
}

function askToken(
  target: URL,
  query: { readonly service: string | undefined; readonly scope: string },
  credential: Credential | undefined,
  basic: string | undefined,
  tls: object,
): Promise<HttpResponse> {
  const parameters = new URLSearchParams({ ...(query.service === undefined ? {} : { service: query.service }), scope: query.scope });
  if (credential && 'identityToken' in credential) {
    for (const [name, value] of [
      ['grant_type', 'refresh_token'],
      ['client_id', 'patchway'],
      ['refresh_token', credential.identityToken],
    ] as const) {
      parameters.set(name, value);
    }
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return request({ method: 'POST', url: target.href, headers, body: parameters.toString(), idempotent: true, ...tls });
  }
  for (const [name, value] of parameters) target.searchParams.set(name, value);
  return request({ method: 'GET', url: target.href, headers: basic === undefined ? {} : { authorization: basic }, ...tls });
}

function basicHeader({ username, password }: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** `Bearer realm="https://…",service="…"` → its parameters. */
export function challengeParameters(challenge: string): Readonly<Partial<Record<string, string>>> {
  return Object.fromEntries(
    [...challenge.matchAll(/([a-z]+)=(?:"([^"]*)"|([^\s",]+))/gi)].map(([, name = '', quoted, bare]) => [
      name.toLowerCase(),
      quoted ?? bare,
    ]),
  );
}

/** The body as JSON. @throws with the host where it is something else */
export function jsonOf({ body, url }: Pick<HttpResponse, 'body' | 'url'>, { repository }: Reference): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new PatchwayError(`${new URL(url).host} answered something that is not JSON for ${repository}: is it a registry?`);
  }
}

function accepted<T extends HttpResponse>(response: T, reference: Reference, path: string, signedIn = false): T {
  if (response.status >= 200 && response.status < 300) return response;
  throw refusal(response, reference, path, signedIn);
}

function refusal({ status, headers, url }: HttpResponse, reference: Reference, path: string, signedIn: boolean): PatchwayError {
  const host = new URL(url).host;
  const signIn = `\`docker login ${reference.registry}\`, or \`scan.registrySecret\` in the policy for scans`;
  const reasons: Readonly<Record<number, string>> = {
    401: signedIn
      ? `${host} does not accept the credentials (401). Sign in again: ${signIn}.`
      : `${host} wants credentials (401), or has no such repository. Sign in: ${signIn}.`,
    403: `${host} does not allow to pull it (403). Ask for read access to the repository${signedIn ? '' : `, or sign in: ${signIn}`}.`,
    404: `${host} does not have it (404). Check the name and the tag; it may have been deleted.`,
    429: `${host} has had too many requests (429). Wait${retryText(headers['retry-after'])}, sign in, or use a mirror.`,
  };
  return new PatchwayError(
    `${titleOf(reference, path)}: ${reasons[status] ?? `${host} answered ${status}. Try again later, or look at its log.`}`,
  );
}

/** The image that a request is about, as people name it. */
function titleOf({ repository }: Reference, path: string): string {
  return path.startsWith('manifests/') ? `${repository}${path.includes(':') ? '@' : ':'}${path.slice('manifests/'.length)}` : repository;
}

function retryText(seconds: string | undefined): string {
  return seconds !== undefined && /^\d+$/.test(seconds) ? ` ${seconds} s` : '';
}
