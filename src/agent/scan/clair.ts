import { rootCertificates } from 'node:tls';
import { readReport } from '../../gate/read-report.js';
import { formatDuration } from '../../policy/duration.js';
import type { Scanner, ScanPolicy } from '../../policy/policy.js';
import { isPatchwayError, PatchwayError } from '../../problem.js';
import type { AgentContext } from '../context.js';
import { type HttpResponse, request } from '../http.js';
import { recordOf } from '../registry/credentials.js';
import type { ImageLayers } from '../registry.js';
import type { PodRegistry } from './pull-secrets.js';
import { authorityInPod, OWN_PLATFORM, type Pulled, platformOf, registryInPod } from './registry.js';
import { oneLine, type ScannerResult } from './result.js';

/** What asking Clair touches beside the cluster. Tests pass another one. */
export interface ClairEffects {
  registry(scan: ScanPolicy, image: Pulled): Promise<Pick<PodRegistry, 'layers'>>;
  /** The certificate authority that the policy names, in PEM. */
  authority(scan: ScanPolicy): Promise<string | undefined>;
  send: typeof request;
  readonly platform: string;
}

/** The image that Clair is asked about. */
export interface ClairImage extends Pulled {
  /** It may be an index's. */
  readonly digest: string;
  readonly platforms: Readonly<Record<string, string>>;
}

const POLL_MS = 2_000;

/**
 * Has Clair index an image and reads its report. Clair fetches the layers by itself: it is told where they are and, for
 * this time only, how it may get them.
 * @param until epoch milliseconds: what is not there by then is a timeout
 * @see https://quay.github.io/clair/reference/api.html
 */
export async function askClair(
  context: AgentContext,
  { server = '' }: Scanner,
  image: ClairImage,
  until: number,
  effects: ClairEffects = inPod,
): Promise<ScannerResult> {
  const { scan } = context.config.policy;
  let doing = 'the registry was asked what the image consists of';
  const ask = async (): Promise<ScannerResult> => {
    const registry = await effects.registry(scan, image);
    const layers = await registry.layers(`${image.repository}@${image.digest}`, platformOf(image.platforms, effects.platform));
    const authority = await effects.authority(scan);
    const clair = conversation(context, server, until, effects.send, authority);
    doing = `${clair.name} was indexing the image`;
    await clair.index(layers);
    doing = `${clair.name} was matching it with vulnerabilities`;
    const report = readReport(await clair.report(layers.digest), "clair's report");
    return { run: { kind: 'clair', status: 'ok' }, report };
  };
  const outOfTime = async (): Promise<ScannerResult> => {
    await context.sleep(Math.max(0, until - context.now()));
    return late(scan, doing);
  };
  // A request that is given up because the time is over ends at the same moment.
  const failed = (error: unknown): ScannerResult => (context.now() >= until ? late(scan, doing) : failure(error));
  return Promise.race([ask().catch(failed), outOfTime()]);
}

const inPod: ClairEffects = { registry: registryInPod, authority: authorityInPod, send: request, platform: OWN_PLATFORM };

function late({ timeout }: ScanPolicy, doing: string): ScannerResult {
  return { run: { kind: 'clair', status: 'timeout', message: `not done within ${formatDuration(timeout)} (scan.timeout): ${doing}` } };
}

function failure(error: unknown): ScannerResult {
  if (!isPatchwayError(error)) throw error;
  return { run: { kind: 'clair', status: 'failed', message: oneLine(error.message) } };
}

/** Clair's two services, behind one address. */
function conversation(
  { now, sleep }: Pick<AgentContext, 'now' | 'sleep'>,
  server: string,
  until: number,
  send: typeof request,
  authority: string | undefined,
) {
  const name = `Clair at ${new URL(server).host}`;
  const ca = authority === undefined ? {} : { ca: [...rootCertificates, authority] };
  const ask = (method: 'GET' | 'POST', path: string, body?: string) => {
    const left = Math.max(1, until - now());
    // Indexing answers when it is done, and asking for it twice does it once.
    const patience = { timeoutMs: left, idleMs: left, idempotent: true };
    const headers = { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
    return send({ method, url: `${server}${path}`, headers, ...(body === undefined ? {} : { body }), ...patience, ...ca });
  };
  return {
    name,
    async index({ digest, layers }: ImageLayers): Promise<void> {
      const manifest = {
        hash: digest,
        layers: layers.map((layer) => ({ hash: layer.digest, uri: layer.url, headers: lists(layer.headers) })),
      };
      let answer = await ask('POST', '/indexer/api/v1/index_report', JSON.stringify(manifest));
      while (!indexed(answer, name)) {
        await sleep(POLL_MS);
        answer = await ask('GET', `/indexer/api/v1/index_report/${digest}`);
      }
    },
    async report(digest: string): Promise<string> {
      for (;;) {
        const answer = await ask('GET', `/matcher/api/v1/vulnerability_report/${digest}`);
        if (answer.status === 200) return answer.body.toString('utf8');
        // Until its first update is in, it knows no vulnerability: that is not a clean image.
        if (answer.status !== 202) throw refusal(answer, name, 'gave no report');
        await sleep(POLL_MS);
      }
    },
  };
}

/** @throws where indexing failed */
function indexed(answer: HttpResponse, name: string): boolean {
  if (answer.status !== 200 && answer.status !== 201) throw refusal(answer, name, 'did not index the image');
  const { state, err } = jsonIn(answer);
  if (state === 'IndexError' || (typeof err === 'string' && err !== '')) {
    throw new PatchwayError(`${name} did not index the image: ${String(err)}`);
  }
  return state === 'IndexFinished';
}

function refusal(answer: HttpResponse, name: string, what: string): PatchwayError {
  const { message } = jsonIn(answer);
  const said = typeof message === 'string' ? message : answer.body.toString('utf8').slice(0, 200);
  const hint = /fetch/.test(said)
    ? ' Clair fetches layers by itself: it has to reach the registry under the same name, and trust its certificate.'
    : '';
  return new PatchwayError(`${name} ${what} (${answer.status})${said === '' ? '.' : `: ${said}`}${hint}`);
}

function jsonIn({ body }: HttpResponse): Readonly<Record<string, unknown>> {
  try {
    return recordOf(JSON.parse(body.toString('utf8')));
  } catch {
    return {};
  }
}

function lists(headers: Readonly<Record<string, string>>): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
}
