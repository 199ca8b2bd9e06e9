import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isPatchwayError, PatchwayError } from '../problem.js';
import { request } from './http.js';

/** A Kubernetes object as the API server answers it. */
export interface KubernetesObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly resourceVersion?: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** What the agent needs of an API server. Paths are as in Kubernetes' API: `/api/v1/namespaces/x/configmaps/y`. */
export interface Cluster {
  /** The object at a path; undefined where there is none (404). */
  get(path: string): Promise<KubernetesObject | undefined>;
  /** @throws ConflictError where it exists already */
  create(path: string, body: unknown): Promise<KubernetesObject>;
  /** Writes an object whole. @throws ConflictError where its `metadata.resourceVersion` is no longer the stored one */
  replace(path: string, body: unknown): Promise<KubernetesObject>;
  /** Server-side apply. @throws ConflictError where another manager owns a field and `force` is false */
  apply(path: string, body: unknown, options: { readonly fieldManager: string; readonly force: boolean }): Promise<KubernetesObject>;
  /** A JSON patch. @throws where one of its tests does not hold */
  edit(path: string, operations: readonly JsonPatch[], options: { readonly fieldManager: string }): Promise<KubernetesObject>;
  /** Deletes the object with this `metadata.uid`; one that has gone is no error. @throws ConflictError where another one has its name */
  remove(path: string, uid: string): Promise<void>;
}

/** One operation of a JSON patch (RFC 6902). */
export type JsonPatch =
  | { readonly op: 'test' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/** Somebody else wrote the object meanwhile (409). Whoever meets it decides afresh from what is there now. */
export class ConflictError extends PatchwayError {
  override readonly name = 'ConflictError';
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const TIMEOUT_MS = 15_000;

/**
 * The cluster that this pod runs in, with its service account's token (re-read at each request, as Kubernetes renews it)
 * and the cluster's own certificate authority.
 * @throws outside a pod
 */
export function inCluster(env: NodeJS.ProcessEnv = process.env): Cluster {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  if (host === undefined) throw new PatchwayError('this is not a pod: KUBERNETES_SERVICE_HOST is not set.');
  const origin = `https://${host.includes(':') ? `[${host}]` : host}:${port ?? '443'}`;
  return clusterAt((path) => ({
    url: `${origin}${path}`,
    ca: readFileSync(`${SERVICE_ACCOUNT}/ca.crt`, 'utf8'),
    headers: { authorization: `Bearer ${readFileSync(`${SERVICE_ACCOUNT}/token`, 'utf8').trim()}` },
  }));
}

/**
 * The cluster that kubectl reaches, by its own proxy on a private socket: whatever way of signing in kubectl knows works.
 * @throws when kubectl is not installed or has no such context
 */
export async function throughKubectl(options: { readonly context?: string } = {}): Promise<Cluster & { close(): void }> {
  const directory = mkdtempSync(join(tmpdir(), 'patchway-'));
  const socketPath = join(directory, 'kubectl.sock');
  const child = spawn(
    'kubectl',
    [...(options.context === undefined ? [] : [`--context=${options.context}`]), 'proxy', `--unix-socket=${socketPath}`],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const close = () => {
    child.kill();
    rmSync(directory, { recursive: true, force: true });
  };
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  try {
    await new Promise<void>((resolve, reject) => {
      child.once('error', () => reject(new PatchwayError('kubectl could not be started: install it, or put it on the PATH.')));
      child.once('exit', () => reject(new PatchwayError(`kubectl cannot reach the cluster: ${said.trim() || 'it ended without a word'}`)));
      child.stdout.once('data', () => resolve());
    });
  } catch (error) {
    close();
    throw error;
  }
  return { ...clusterAt((path) => ({ url: `http://localhost${path}`, headers: {}, socketPath })), close };
}

/** How to reach a path of the API: re-made for each request, as tokens are renewed. */
export interface Route {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly ca?: string;
  readonly socketPath?: string;
}

/** A client of the API server that `route` leads to. */
export function clusterAt(route: (path: string) => Route): Cluster {
  const call = async (
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    contentType = 'application/json',
  ) => {
    const { url, headers, ...connection } = route(path);
    const response = await request({
      method,
      url,
      headers: { accept: 'application/json', ...headers, ...(body === undefined ? {} : { 'content-type': contentType }) },
      timeoutMs: TIMEOUT_MS,
      // Server-side apply says what should be: doing it twice is doing it once.
      idempotent: method !== 'POST',
      ...connection,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((error: unknown) => {
      throw isPatchwayError(error) ? new PatchwayError(`the API server did not answer: ${error.message}`, { cause: error }) : error;
    });
    if (response.status === 404 && (method === 'GET' || method === 'DELETE')) return undefined;
    if (response.status >= 400) throw refusal(method, path, response.status, response.body.toString('utf8'));
    return JSON.parse(response.body.toString('utf8')) as KubernetesObject;
  };
  const write = async (...args: Parameters<typeof call>) => {
    const answer = await call(...args);
    if (answer === undefined) throw new PatchwayError(`${args[0]} ${args[1]}: the API server answered nothing`);
    return answer;
  };
  return {
    get: (path) => call('GET', path),
    create: (path, body) => write('POST', path, body),
    replace: (path, body) => write('PUT', path, body),
    apply: (path, body, { fieldManager, force }) =>
      write('PATCH', `${path}?fieldManager=${encodeURIComponent(fieldManager)}&force=${force}`, body, 'application/apply-patch+yaml'),
    edit: (path, operations, { fieldManager }) =>
      write('PATCH', `${path}?fieldManager=${encodeURIComponent(fieldManager)}`, operations, 'application/json-patch+json'),
    remove: async (path, uid) => {
      await call('DELETE', path, { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } });
    },
  };
}

function refusal(method: string, path: string, status: number, text: string): PatchwayError {
  const message = statusMessage(text);
  if (status === 409) return new ConflictError(`${method} ${path}: ${message}`);
  if (status === 401) return new PatchwayError(`the API server does not know this account (401): ${message}`);
  if (status === 403) return new PatchwayError(`this account may not do that (403): ${message}. Apply the Roles that synthesis wrote.`);
  return new PatchwayError(`${method} ${path}: the API server answered ${status}: ${message}`);
}

function statusMessage(text: string): string {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null && 'message' in body && typeof body.message === 'string') return body.message;
  } catch {
    // A proxy in between may answer something other than a Status object.
  }
  return text.slice(0, 200) || 'no message';
}
