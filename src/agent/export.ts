import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { CONTENT_TYPE } from '../exporter/exposition.js';
import { METRICS_PORT } from '../exporter/manifests.js';
import { metricsText } from '../exporter/metrics.js';
import { PatchwayError } from '../problem.js';
import type { AgentContext, AgentRun } from './context.js';
import { readStage } from './export-state.js';

/** Prometheus gives a scrape up after 10 s by default: the answer that says why there are no metrics must come before that. */
const SCRAPE_MS = 8000;
/** For how long open requests may go on when the pod is asked to end. */
const DRAIN_MS = 3000;

/** `patchway export`: serves the stage's metrics until the pod is asked to end. */
export const exportMetrics: AgentRun = async (context) => {
  const server = metricsServer(context);
  const port = Number(context.env.PATCHWAY_METRICS_PORT ?? METRICS_PORT);
  server.listen(port);
  await once(server, 'listening');
  context.log(`serving the metrics of stage ${context.config.stage} on port ${port}`);
  const signal = await Promise.race(['SIGTERM', 'SIGINT'].map((name) => once(process, name).then(() => name)));
  context.log(`${signal}: ending`);
  await close(server);
  return 0;
};

/**
 * `/metrics` reads the state anew at each scrape; scrapes at the same time share one reading. Where it cannot be read the
 * answer is 503 and why, never older numbers. `/healthz` says only that the server runs.
 */
export function metricsServer(context: AgentContext, options: { readonly scrapeMs?: number } = {}): Server {
  let reading: Promise<string> | undefined;
  const metrics = () => {
    reading ??= readStage(context)
      .then(metricsText)
      .finally(() => {
        reading = undefined;
      });
    return within(options.scrapeMs ?? SCRAPE_MS, reading);
  };
  return createServer(async (request, response) => {
    const answer = (status: number, body: string, type = 'text/plain; charset=utf-8') => {
      response.writeHead(status, { 'content-type': type });
      response.end(request.method === 'HEAD' ? undefined : body);
    };
    const path = request.url?.split('?', 1)[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, 'only GET and HEAD are answered\n');
    if (path === '/healthz') return answer(200, 'ok\n');
    if (path !== '/metrics') return answer(404, 'there is /metrics and /healthz\n');
    try {
      answer(200, await metrics(), CONTENT_TYPE);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      context.log(`no metrics: ${message}`);
      answer(503, `no metrics: ${message}\n`);
    }
  });
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new PatchwayError(`the state was not read within ${milliseconds / 1000} s`)), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(timer);
}
