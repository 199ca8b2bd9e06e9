import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { dashboardFiles } from '../../src/dashboard-files.js';
import { boards } from '../../src/dashboards/boards.js';
import { dashboardManifests } from '../../src/dashboards/manifests.js';
import { toYaml } from '../../src/manifest/yaml.js';
import { queriesOf, withChoices } from '../dashboards/queries.js';
import { STAGES, story } from '../dashboards/story.js';
import { apply, eventually, freshNamespace, hasCluster, kubectl, kubectlJson, REGISTRY } from './cluster.js';
import { clusterProgram } from './cluster-program.js';

const SCHEMAS = fileURLToPath(new URL('../../../shared/schemas/grafana', import.meta.url));
const all = boards();

/** Grafana's own schemas, where the environment has them. In CI it must. */
function hasSchemas(): boolean {
  const present = existsSync(SCHEMAS);
  if (!present && process.env.CI !== undefined) throw new Error(`${SCHEMAS} must be there in CI`);
  if (!present) console.warn(`tests of dashboards against Grafana's schemas skipped: there is no ${SCHEMAS}`);
  return present;
}

describe.runIf(hasSchemas())("Grafana's schemas", () => {
  const PLUGINS: Readonly<Record<string, string>> = { 'state-timeline': 'statetimeline' };
  const panels = all.flatMap(({ title, panels = [] }) =>
    (panels as readonly Panel[]).map((panel) => [`${title}: ${panel.title}`, panel] as const),
  );

  it.each(all.map((board) => [board.title, board] as const))('accept %s', (_, board: Dashboard) => {
    expect(schemaProblems('dashboard', 'Dashboard', board)).toEqual([]);
  });

  it.each(panels)('accept the options, fields and queries of %s', (_, { type, options, fieldConfig, targets = [] }) => {
    const plugin = PLUGINS[type] ?? type;
    expect(schemaProblems(plugin, 'Options', options)).toEqual([]);
    if (fieldConfig?.defaults.custom !== undefined) expect(schemaProblems(plugin, 'FieldConfig', fieldConfig.defaults.custom)).toEqual([]);
    for (const target of targets) expect(schemaProblems('prometheus', 'Dataquery', target)).toEqual([]);
  });

  it('refuse what is none', () => {
    expect(schemaProblems('dashboard', 'Dashboard', { ...all[0], refreshed: '5m' })).not.toEqual([]);
    expect(schemaProblems('stat', 'Options', { graphMode: 3 })).not.toEqual([]);
    expect(schemaProblems('timeseries', 'FieldConfig', { drawStyle: 'lines' })).not.toEqual([]);
  });
});

/** Where Grafana's sources say "any value", its published schemas say "object"; Grafana itself writes texts and numbers there. */
function schemaProblems(file: string, definition: string, value: unknown): readonly string[] {
  const { definitions } = JSON.parse(readFileSync(join(SCHEMAS, `${file}.jsonschema.json`), 'utf8'), (key, each) =>
    ['options', 'value'].includes(key) && each?.type === 'object' && JSON.stringify(each.additionalProperties) === '{}' ? {} : each,
  );
  const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile({
    $ref: `#/definitions/${definition}`,
    definitions,
  });
  return validate(JSON.parse(JSON.stringify(value)))
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

const CRD = fileURLToPath(new URL('../../../shared/crds/grafana-operator/grafana.integreatly.org_grafanadashboards.yaml', import.meta.url));

it.runIf(existsSync(CRD))("are what grafana-operator's definition asks for", () => {
  const { spec } = parse(readFileSync(CRD, 'utf8')) as {
    spec: { versions: readonly { name: string; schema: { openAPIV3Schema: object } }[] };
  };
  const schema = spec.versions.find(({ name }) => name === 'v1beta1')?.schema.openAPIV3Schema ?? false;
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
  const objects = dashboardManifests('operator', 'monitoring', dashboardFiles);
  expect(objects).toHaveLength(3);
  for (const object of objects) expect(validate(object), JSON.stringify(validate.errors)).toBe(true);
  expect(validate({ ...objects[0], spec: { json: '{}' } })).toBe(false);
});

const prometheus = clusterProgram('prometheus');
const kubeStateMetrics = clusterProgram('kube-state-metrics');

describe.runIf(hasCluster() && prometheus.present() && kubeStateMetrics.present())('every query, asked of Prometheus', () => {
  const directory = mkdtempSync(join(tmpdir(), 'patchway-dashboards-'));
  const started: ChildProcess[] = [];
  let exporter: Server;
  let api = '';

  const start = (program: string, args: readonly string[]) => {
    started.push(spawn(program, [...args], { stdio: 'ignore' }));
  };
  const ask = async (path: string, parameters: Readonly<Record<string, string>>) => {
    const answer = await fetch(`${api}${path}?${new URLSearchParams(parameters)}`);
    const body = (await answer.json()) as { status: string; error?: string; data: unknown };
    if (body.status !== 'success') throw new Error(`${JSON.stringify(parameters)}: ${body.error}`);
    return body.data;
  };
  const instantly = async (query: string) => ((await ask('/api/v1/query', { query })) as { result: readonly unknown[] }).result.length;

  // The exporter's own text, of a story that ends now; kube-state-metrics of a Deployment that really runs.
  beforeAll(async () => {
    for (const namespace of Object.values(STAGES)) {
      await freshNamespace(namespace);
      await apply(
        JSON.stringify({
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'web', namespace },
          spec: {
            replicas: 1,
            selector: { matchLabels: { app: 'web' } },
            template: {
              metadata: { labels: { app: 'web' } },
              spec: {
                containers: [
                  {
                    name: 'web',
                    image: `${REGISTRY}/web:1.0.2`,
                    securityContext: {
                      allowPrivilegeEscalation: false,
                      capabilities: { drop: ['ALL'] },
                      runAsNonRoot: true,
                      runAsUser: 1000,
                      seccompProfile: { type: 'RuntimeDefault' },
                    },
                  },
                ],
              },
            },
          },
        }),
      );
    }
    exporter = createServer(({ url }, response) => {
      const stage = Object.entries(story(0, Date.now())).find(([name]) => url === `/${name}`);
      response.writeHead(stage === undefined ? 404 : 200, { 'content-type': 'text/plain; version=0.0.4' }).end(stage?.[1] ?? '');
    });
    await new Promise<void>((resolve) => exporter.listen(0, '127.0.0.1', resolve));
    const target = `127.0.0.1:${(exporter.address() as AddressInfo).port}`;
    const [kubeState, own] = await Promise.all([freePort(), freePort()]);
    const job = (name: string, path: string, address: string) => ({
      job_name: name,
      honor_labels: true,
      metrics_path: path,
      static_configs: [{ targets: [address] }],
    });
    const config = {
      global: { scrape_interval: '1s' },
      scrape_configs: [
        ...Object.keys(STAGES).map((name) => job(name, `/${name}`, target)),
        job('kube-state-metrics', '/metrics', `127.0.0.1:${kubeState}`),
      ],
    };
    writeFileSync(join(directory, 'prometheus.yml'), JSON.stringify(config));
    start(await kubeStateMetrics.path(), [
      `--kubeconfig=${process.env.KUBECONFIG}`,
      `--namespaces=${Object.values(STAGES).join(',')}`,
      '--resources=deployments',
      '--host=127.0.0.1',
      '--telemetry-host=127.0.0.1',
      '--telemetry-port=0',
      `--port=${kubeState}`,
    ]);
    start(await prometheus.path(), [
      `--config.file=${join(directory, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${own}`,
      '--log.level=error',
    ]);
    api = `http://127.0.0.1:${own}`;
    await eventually('both sources scraped', async () => {
      const [stages, deployments] = await Promise.all([
        instantly('count by (stage) (patchway_evidence_max_age_seconds)'),
        instantly('kube_deployment_status_replicas_available{deployment="web"}'),
      ]);
      return stages === 2 && deployments === 2 ? true : undefined;
    });
  }, 300_000);

  afterAll(async () => {
    for (const child of started) child.kill();
    exporter?.close();
    rmSync(directory, { recursive: true, force: true });
    await kubectl(['delete', 'namespace', ...Object.values(STAGES), '--ignore-not-found', '--wait=false']);
  }, 60_000);

  /** What has no data in the story: severities without a fixed finding or a deadline, a promotion that is blocked or under way. */
  const quiet = (expr: string) =>
    /patchway_promotion_blocked/.test(expr) ||
    /patchway_promotion_state.*rolling\|verifying\|rollingBack/.test(expr) ||
    /patchway_fix_latency_seconds\{.*severity="(critical|medium|low|unknown)"/.test(expr) ||
    /patchway_deadlines\{.*severity="(medium|low|unknown)"/.test(expr);

  it.each(all.map((board) => [board.title, board] as const))('of %s returns data', async (_, board) => {
    const one = { policy: 'storefront', stage: 'production', namespace: STAGES.production, workload: 'web' };
    const choices = board.uid === 'patchway-workload' ? one : { policy: '.+', stage: '.+', namespace: '.+' };
    const end = Math.ceil(Date.now() / 1000);
    const answers = await Promise.all(
      queriesOf(board).map(async ({ title, kind, expr }) => {
        const query = withChoices(expr, choices);
        const range = (await ask('/api/v1/query_range', { query, start: String(end - 60), end: String(end), step: '5' })) as {
          result: readonly unknown[];
        };
        return { title, kind, query, now: await instantly(query), over: range.result.length };
      }),
    );
    const empty = answers.filter(({ now, over }) => now === 0 || over === 0);
    expect(empty.filter(({ query }) => !quiet(query))).toEqual([]);
    expect(answers.length - empty.length).toBeGreaterThan(10);
  });

  it('is kept in ConfigMaps that kubectl applies either way', async () => {
    const yaml = toYaml(dashboardManifests('sidecar', STAGES.production, dashboardFiles));
    await kubectl(['apply', '-f', '-'], yaml);
    await kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], yaml);
    const { items } = await kubectlJson<{ items: readonly { data: Readonly<Record<string, string>> }[] }>([
      ...['-n', STAGES.production, 'get', 'configmaps', '-l', 'grafana_dashboard=1'],
    ]);
    const kept = Object.assign({}, ...items.map(({ data }) => data));
    expect(kept).toEqual(Object.fromEntries(dashboardFiles().map(({ name, text }) => [name, text])));
  });

  it('shows in numbers what the story tells', async () => {
    const values = async (board: number, title: string) => {
      const query = queriesOf(all[board] as Dashboard).find((each) => each.title === title);
      const expr = withChoices(query?.expr ?? '', { policy: 'storefront', stage: '.+', namespace: '.+', workload: 'web' });
      const { result } = (await ask('/api/v1/query', { query: expr })) as { result: readonly { value: [number, string] }[] };
      return result.map(({ value }) => Number(value[1]));
    };
    expect(await values(0, 'Overdue workloads')).toEqual([1]);
    expect(await values(0, 'Due within 3 days')).toEqual([2]);
    expect(await values(0, 'Scanned in time')).toEqual([4 / 6]);
    expect(await values(0, 'Drifted workloads')).toEqual([1]);
    expect(await values(0, 'Not scanned in time')).toEqual([0, 0]);
    expect(await values(2, 'Stages with a candidate')).toEqual([1]);
    expect((await values(2, 'Soak of the candidates')).map((share) => share.toFixed(3))).toEqual([(40 / 48).toFixed(3)]);
  });
});

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
