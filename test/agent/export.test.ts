import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { AgentContext } from '../../src/agent/context.js';
import { exportMetrics, metricsServer } from '../../src/agent/export.js';
import type { Cluster, KubernetesObject } from '../../src/agent/kubernetes.js';
import type { Evidence } from '../../src/gate/evidence.js';
import { names } from '../../src/manifest/names.js';
import { PatchwayError } from '../../src/problem.js';
import type { PromotionState } from '../../src/promotion/state.js';
import { api, config, DIGEST, policy, production, web } from '../rules/storefront.js';

const AT = Date.parse('2026-11-21T12:00:00Z');
const CONFIG_MAPS = '/api/v1/namespaces/storefront/configmaps';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/storefront/deployments';
const PODS =
  '/api/v1/namespaces/storefront/pods?labelSelector=patchway.dev%2Fbreak-glass&fieldSelector=status.phase!%3DSucceeded%2Cstatus.phase!%3DFailed';
const EVIDENCE = `${CONFIG_MAPS}/${names.evidence('ghcr.io/acme/web')}`;
const STATE = `${CONFIG_MAPS}/patchway-promotion-production`;

const none = { fixable: 0, unfixable: 0 };
const evidence: Evidence = {
  schemaVersion: 1,
  policyHash: policy.hash,
  repository: 'ghcr.io/acme/web',
  digests: {
    [DIGEST.old]: {
      platforms: {},
      scannedAt: '2026-11-21T03:17:00Z',
      complete: true,
      scanners: [{ kind: 'grype', status: 'ok' }],
      counts: { critical: { fixable: 2, unfixable: 0 }, high: none, medium: none, low: none, unknown: none, exploited: 1 },
      findings: [],
    },
  },
};
const promotion: PromotionState = {
  schemaVersion: 1,
  policyHash: policy.hash,
  workloads: {},
  step: 'awaitingWindow',
  refused: [],
  history: [],
};
const configMap = (data: Readonly<Record<string, string>>): KubernetesObject => ({ metadata: { name: 'x' }, data });
const deployment = (image: string): KubernetesObject => ({
  metadata: { name: 'web' },
  spec: { template: { spec: { initContainers: [], containers: [{ name: 'web', image }] } } },
});
const stored: Readonly<Record<string, KubernetesObject>> = {
  [EVIDENCE]: configMap({ evidence: JSON.stringify(evidence) }),
  [STATE]: configMap({ state: JSON.stringify(promotion) }),
  [`${DEPLOYMENTS}/web`]: deployment(`ghcr.io/acme/web:1.4.1@${DIGEST.old}`),
  [PODS]: { metadata: { name: '' }, items: [{}, {}] },
};

interface World {
  readonly context: AgentContext;
  readonly asked: string[];
  readonly logged: string[];
}

function world(get: Cluster['get'], env: AgentContext['env'] = {}): World {
  const [asked, logged]: [string[], string[]] = [[], []];
  const never = () => Promise.reject(new Error('the exporter writes nothing'));
  const cluster: Cluster = {
    get: (path) => {
      asked.push(path);
      return get(path);
    },
    create: never,
    replace: never,
    apply: never,
    edit: never,
    remove: never,
  };
  const context: AgentContext = {
    config: config(production, [web, api]),
    cluster,
    env,
    now: () => AT,
    sleep: () => Promise.resolve(),
    log: (line) => logged.push(line),
  };
  return { context, asked, logged };
}

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

async function serving(context: AgentContext, scrapeMs?: number) {
  const server = metricsServer(context, scrapeMs === undefined ? {} : { scrapeMs });
  open.push(server.listen(0));
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return async (path: string, method = 'GET') => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers: { connection: 'close' } });
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
  };
}

describe('/metrics', () => {
  it('is made of the evidence, the promotion and the Deployments, read by name', async () => {
    const { context, asked } = world(async (path) => stored[path]);
    const { status, type, text } = await (await serving(context))('/metrics');
    expect([status, type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    expect([...asked].sort()).toEqual([...Object.keys(stored), `${DEPLOYMENTS}/api`].sort());
    const labels = 'policy="storefront",stage="production",namespace="storefront"';
    expect(text).toContain(`patchway_findings_exploited{${labels},workload="web"} 1\n`);
    expect(text).toContain(`patchway_drift{${labels},workload="web"} 0\n`);
    expect(text).toContain(`patchway_promotion_state{${labels},state="awaitingWindow"} 1\n`);
    expect(text).not.toContain(`patchway_drift{${labels},workload="api"}`);
    expect(text).toContain(`patchway_break_glass_pods{${labels}} 2\n`);
  });

  it('counts no pods where there is no guard', async () => {
    const { context, asked } = world(async (path) => stored[path]);
    const { policy: own } = context.config;
    const unguarded = { ...own, promotion: { ...own.promotion, guard: false } } as const;
    const { text } = await (await serving({ ...context, config: { ...context.config, policy: unguarded } }))('/metrics');
    expect(text).not.toContain('patchway_break_glass_pods');
    expect(asked).not.toContain(PODS);
  });

  it('shows at the next scrape what has changed', async () => {
    const now = { ...stored };
    const ask = await serving(world(async (path) => now[path]).context);
    expect((await ask('/metrics')).text).toContain('workload="web"} 0\n');
    now[`${DEPLOYMENTS}/web`] = deployment(`ghcr.io/acme/web@${DIGEST.new}`);
    expect((await ask('/metrics')).text).toMatch(/patchway_drift\{[^}]*workload="web"\} 1\n/);
  });

  it('is read once for scrapes at the same time', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { context, asked } = world(async (path) => {
      await held;
      return stored[path];
    });
    const ask = await serving(context);
    const scrapes = [ask('/metrics'), ask('/metrics'), ask('/metrics')];
    await ask('/healthz');
    release();
    const answers = await Promise.all(scrapes);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(asked).toHaveLength(5);
  });

  const unreadable: readonly (readonly [string, string, string, string])[] = [
    ['truncated evidence', EVIDENCE, 'evidence', '{"schemaVersion":1,"policy'],
    ['evidence that is something else', EVIDENCE, 'evidence', '[]'],
    ['a truncated promotion', STATE, 'state', '{"schema'],
    ['a promotion that is something else', STATE, 'state', '{"step":1}'],
  ];
  it.each(unreadable)('tells %s and leaves only its own metrics out', async (_, path, key, text) => {
    const { context, logged } = world(async (asked) => (asked === path ? configMap({ [key]: text }) : stored[asked]));
    const answer = await (await serving(context))('/metrics');
    expect(answer.status).toBe(200);
    expect(answer.text.includes('patchway_findings')).toBe(path !== EVIDENCE);
    expect(answer.text.includes('patchway_promotion_state')).toBe(path !== STATE);
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain(`ConfigMap ${path.slice(CONFIG_MAPS.length + 1)}, key ${key}, cannot be read`);
  });

  it('says 503 and why where the API server is away, and answers again when it is back', async () => {
    let away = true;
    const { context, logged } = world(async (path) => {
      if (away) throw new PatchwayError('the API server did not answer: connection refused');
      return stored[path];
    });
    const ask = await serving(context);
    const answer = await ask('/metrics');
    expect(answer).toMatchObject({ status: 503, text: 'no metrics: the API server did not answer: connection refused\n' });
    expect(logged).toEqual(['no metrics: the API server did not answer: connection refused']);
    away = false;
    expect((await ask('/metrics')).status).toBe(200);
  });

  it('says 503 before Prometheus gives up where the API server hangs', async () => {
    const ask = await serving(world(() => new Promise(() => {})).context, 20);
    expect(await ask('/metrics')).toMatchObject({ status: 503, text: 'no metrics: the state was not read within 0.02 s\n' });
  });

  it('says 503 where the configuration is of no stage', async () => {
    const { context } = world(async (path) => stored[path]);
    const ask = await serving({ ...context, config: { ...context.config, stage: 'gone' } });
    expect((await ask('/metrics')).text).toContain('the policy has no stage gone');
  });
});

describe('other requests', () => {
  it.each([
    ['GET', '/healthz', 200, 'ok\n'],
    ['HEAD', '/healthz', 200, ''],
    ['GET', '/', 404, 'there is /metrics and /healthz\n'],
    ['POST', '/metrics', 405, 'only GET and HEAD are answered\n'],
  ])('%s %s is %i', async (method, path, status, text) => {
    const { context, asked } = world(async () => undefined);
    expect(await (await serving(context))(path, method)).toMatchObject({ status, text });
    expect(asked).toEqual([]);
  });
});

it('ends well on SIGTERM', async () => {
  const { context, logged } = world(async (path) => stored[path], { PATCHWAY_METRICS_PORT: '0' });
  const ended = exportMetrics(context);
  await expect.poll(() => logged).toHaveLength(1);
  process.emit('SIGTERM');
  expect(await ended).toBe(0);
  expect(logged).toEqual(['serving the metrics of stage production on port 0', 'SIGTERM: ending']);
});
