import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { PatchwayError } from '../problem.js';
import { connectionFailure, isPassing, TimedOut } from './http-failure.js';

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface HttpRequest {
  readonly method: Method;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Certificate authorities in PEM. @default those that Node trusts */
  readonly ca?: string | readonly string[];
  /** Milliseconds for everything: redirects, retries and the pauses between them. @default 60 s */
  readonly timeoutMs?: number;
  /** Milliseconds without a byte. @default 30 s */
  readonly idleMs?: number;
  /** How often a failed request is tried again. @default 3 */
  readonly retries?: number;
  /** The first pause before trying again; it doubles each time. @default 250 ms */
  readonly retryDelayMs?: number;
  /** Whether doing it twice is doing it once. @default GET, HEAD, PUT and DELETE are */
  readonly idempotent?: boolean;
  /** A Unix socket to speak through; the URL's host is then only a header. */
  readonly socketPath?: string;
  /** A longer body is an error. @default 64 MiB */
  readonly maxBytes?: number;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Where the answer came from, after redirects. */
  readonly url: string;
}

export interface Download extends HttpResponse {
  /** `sha256:<hex>` of what was written. Absent where the status was not 200: then no file was written and `body` holds the answer. */
  readonly digest?: string;
  readonly size: number;
}

const TIMEOUT_MS = 60_000;
const MAX_REDIRECTS = 5;
const MAX_RETRY_AFTER_MS = 30_000;
const MAX_BODY = 64 * 2 ** 20;

/**
 * Sends a request and reads the whole answer, whatever its status. Connection errors, 429 and 5xx are tried again where
 * that is safe (`Retry-After` is honoured, 30 s at most), redirects of GET and HEAD are followed, and `Authorization` is
 * not sent to another host.
 * @throws PatchwayError that names the host, what happened and what to do, where no answer came
 */
export function request(options: HttpRequest): Promise<HttpResponse> {
  return persist(options, async (answer, url) => ({ ...head(answer, url), body: await readAll(answer, options, url) }));
}

/**
 * Sends a GET and writes the body of a 200 into a file while hashing it; a try that fails starts the file again.
 * @throws as `request`; no file is left then
 */
export async function download(options: Omit<HttpRequest, 'method' | 'body'>, file: string): Promise<Download> {
  try {
    return await persist({ ...options, method: 'GET' }, async (answer, url) => {
      if (answer.statusCode !== 200) return { ...head(answer, url), body: await readAll(answer, {}, url), size: 0 };
      const hash = createHash('sha256');
      const meter = metered(options.maxBytes ?? Number.POSITIVE_INFINITY, url, (chunk) => hash.update(chunk));
      await pipeline(answer, meter.stream, createWriteStream(file));
      return { ...head(answer, url), body: Buffer.alloc(0), digest: `sha256:${hash.digest('hex')}`, size: meter.size() };
    });
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
}

type Read<T> = (answer: IncomingMessage, url: string) => Promise<T>;

async function persist<T extends HttpResponse>(options: HttpRequest, read: Read<T>): Promise<T> {
  const { method, timeoutMs = TIMEOUT_MS, retries = 3, retryDelayMs = 250 } = options;
  const idempotent = options.idempotent ?? (method !== 'POST' && method !== 'PATCH');
  const end = Date.now() + timeoutMs;
  for (let tries = 0; ; tries += 1) {
    const backoff = retryDelayMs * 2 ** tries;
    const mayWait = (pause: number) => tries < retries && Date.now() + pause < end;
    try {
      const response = await follow(options, end, read);
      const pause = retryAfter(response.headers) ?? backoff;
      // A 429 says that nothing was done, so any method may be sent again.
      const again = response.status === 429 || (response.status >= 500 && response.status !== 501 && idempotent);
      if (!again || !mayWait(pause)) return response;
      await sleep(pause);
    } catch (error) {
      if (!isPassing(error, idempotent) || !mayWait(backoff)) throw connectionFailure(error, options);
      await sleep(backoff);
    }
  }
}

async function follow<T extends HttpResponse>(options: HttpRequest, end: number, read: Read<T>): Promise<T> {
  let { url, headers = {} } = options;
  for (let hops = 0; ; hops += 1) {
    const response = await send({ ...options, url, headers }, end, read);
    const location = response.headers.location;
    const redirected = [301, 302, 303, 307, 308].includes(response.status) && location !== undefined;
    if (!redirected || (options.method !== 'GET' && options.method !== 'HEAD')) return response;
    if (hops === MAX_REDIRECTS) throw new PatchwayError(`${new URL(options.url).host} redirects more than ${MAX_REDIRECTS} times.`);
    const next = new URL(location, url);
    if (next.protocol !== 'http:' && next.protocol !== 'https:') {
      throw new PatchwayError(`${new URL(url).host} redirects to ${next.href}, which is not a web address.`);
    }
    if (next.origin !== new URL(url).origin) headers = withoutCredentials(headers);
    url = next.href;
  }
}

async function send<T>(options: HttpRequest, end: number, read: Read<T>): Promise<T> {
  const { method, url, headers = {}, body, ca, socketPath, idleMs = 30_000 } = options;
  const target = new URL(url);
  const timeLeft = Math.max(1, end - Date.now());
  let outgoing: ClientRequest | undefined;
  let ended: TimedOut | undefined;
  const giveUp = (why: TimedOut) => {
    ended = why;
    outgoing?.destroy(why);
  };
  const whole = setTimeout(() => giveUp(new TimedOut(options.timeoutMs ?? TIMEOUT_MS)), timeLeft);
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const start = target.protocol === 'https:' ? tlsRequest : plainRequest;
      outgoing = start(target, {
        method,
        headers: { 'user-agent': 'patchway', ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }), ...headers },
        timeout: idleMs,
        // A connection of its own: one kept alive may be closed by the other side just as it is used again.
        agent: false,
        ...(ca === undefined ? {} : { ca: typeof ca === 'string' ? ca : [...ca] }),
        ...(socketPath === undefined ? {} : { socketPath }),
      });
      outgoing.once('timeout', () => giveUp(new TimedOut(idleMs)));
      outgoing.once('response', resolve);
      outgoing.on('error', reject);
      outgoing.end(body);
    });
    return await read(answer, url);
  } catch (error) {
    throw ended ?? error;
  } finally {
    clearTimeout(whole);
    outgoing?.destroy();
  }
}

function head(answer: IncomingMessage, url: string): Omit<HttpResponse, 'body'> {
  return { status: answer.statusCode ?? 0, headers: answer.headers, url };
}

async function readAll(answer: IncomingMessage, { maxBytes = MAX_BODY }: Pick<HttpRequest, 'maxBytes'>, url: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const meter = metered(maxBytes, url, (chunk) => chunks.push(chunk));
  await pipeline(answer, meter.stream.resume());
  return Buffer.concat(chunks);
}

/** A stream that passes everything on, shows it to `see`, and fails once it is longer than allowed. */
function metered(maxBytes: number, url: string, see: (chunk: Buffer) => unknown) {
  let size = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > maxBytes) return done(new PatchwayError(`${new URL(url).host} sent more than the expected ${maxBytes} bytes.`));
      see(chunk);
      done(null, chunk);
    },
  });
  return { stream, size: () => size };
}

function withoutCredentials(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !['authorization', 'cookie'].includes(name.toLowerCase())));
}

/** Milliseconds, from seconds or a date. */
function retryAfter({ 'retry-after': value }: IncomingHttpHeaders): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}
