import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Chart, Helm, Include } from 'cdk8s';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { Bookshop } from '../../examples/adopt-cdk8s/bookshop.js';
import { policy as bookshop } from '../../examples/adopt-cdk8s/policy.js';
import { Patching } from '../../src/cdk8s.js';
import { definePolicy, type ImageLock, loadLock } from '../../src/index.js';
import { digestOf, eventually, exec, freshNamespace, hasCluster, kubectl, kubectlJson, REGISTRY } from './cluster.js';
import { clusterProgram } from './cluster-program.js';
import { installMonitoringKinds } from './monitoring-kinds.js';

const PREFIX = 'patchway-e2e-adopt-cdk8s';
const lock = loadLock(join(import.meta.dirname, '../../examples/adopt-cdk8s/images.lock.yaml'));
const directory = mkdtempSync(join(tmpdir(), 'patchway-adopt-cdk8s-'));

/** What the API server would take, warnings and unknown fields being refusals. */
async function dryRun(yaml: string): Promise<string> {
  const args = ['apply', '--server-side', '--dry-run=server', '--validate=strict', '-f', '-'];
  const outcome = await exec('kubectl', args, { input: yaml });
  expect(outcome).toMatchObject({ code: 0, stderr: '' });
  return outcome.stdout;
}

describe.runIf(hasCluster())('Patching.apply', () => {
  const stage = (name: string, namespace: string, images: Readonly<Record<string, string>>) => ({
    policy: definePolicy({
      name: 'adopted',
      scan: { schedule: '17 3 * * *', scanners: [{ kind: 'trivy' }] },
      gate: { deadlines: { critical: '7d', high: '14d', medium: '30d', low: '90d' } },
      rollout: { minReady: '1s', drain: '1s' },
      stages: [{ name, namespace }],
    }),
    lock: lockOf(name, images),
  });
  const namespaces = ['bookshop', 'bookshop-staging', 'include', 'helm'].map((name) => `${PREFIX}-${name}`);

  beforeAll(async () => {
    await installMonitoringKinds();
    for (const namespace of namespaces) await freshNamespace(namespace);
    for (const namespace of namespaces) await kubectl(['label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce-']);
  });
  afterAll(async () => {
    rmSync(directory, { recursive: true, force: true });
    await kubectl(['delete', 'namespace', ...namespaces, '--ignore-not-found', '--wait=false']);
  });

  it('on a cdk8s-plus app of ten workloads writes what the API server takes', async () => {
    const app = new App();
    for (const { name, namespace } of bookshop.stages) {
      Patching.apply(new Bookshop(app, name, { namespace }), bookshop, { stage: name, lock });
    }
    const text = app.synthYaml().replaceAll(/\b(namespace: "?)(bookshop)/g, `$1${PREFIX}-$2`);
    const taken = await dryRun(text);
    for (const workload of [
      'deployment.apps/shop',
      'statefulset.apps/database',
      'daemonset.apps/logs',
      'cronjob.batch/reports',
      'job.batch/seed',
    ])
      expect(taken).toContain(`${workload} serverside-applied`);
  });

  it('on 100 included objects writes what the API server takes, and leaves the others as they are', async () => {
    const objects = hundred();
    writeFileSync(join(directory, 'hundred.yaml'), objects.map((object) => stringify(object)).join('---\n'));
    const namespace = `${PREFIX}-include`;
    const chart = new Chart(new App(), 'include', { namespace });
    new Include(chart, 'hundred', { url: join(directory, 'hundred.yaml') });
    const before = new Map((chart.toJson() as Named[]).map((object) => [keyOf(object), object]));
    const { policy, lock: images } = stage('include', namespace, { 'web:1.0.0': digestOf('web:1.0.0') });
    expect(Patching.apply(chart, policy, { stage: 'include', lock: images }).coverage()).toHaveLength(25);
    const after = chart.toJson() as Named[];
    const changed = after.filter(
      (object) => before.has(keyOf(object)) && JSON.stringify(before.get(keyOf(object))) !== JSON.stringify(object),
    );
    expect(changed).toHaveLength(25);
    expect(changed.every(({ kind }) => kind === 'Deployment')).toBe(true);
    const taken = await dryRun(after.map((object) => stringify(object)).join('---\n'));
    expect(taken.trim().split('\n')).toHaveLength(after.length);
  });

  it('on a Helm chart writes what runs, by locked digests', async () => {
    const namespace = `${PREFIX}-helm`;
    const { policy, lock: images } = stage('helm', namespace, { 'web:1.0.0': digestOf('web:1.0.0') });
    const chart = new Chart(new App(), 'helm', { namespace });
    new Helm(chart, 'release', {
      helmExecutable: await clusterProgram('helm').path(),
      chart: helmChart(),
      releaseName: 'shop',
      namespace,
      values: { replicas: 2 },
    });
    const patching = Patching.apply(chart, policy, { stage: 'helm', lock: images, add: ['budgets'] });
    expect(patching.coverage().map(({ object, state }) => `${object} ${state}`)).toEqual([
      'Deployment/shop covered',
      'Pod/shop-test notCoverable',
    ]);
    const objects = (chart.toJson() as Named[]).filter(({ kind }) => kind !== 'Pod');
    await kubectl(['apply', '--server-side', '--validate=strict', '-f', '-'], objects.map((object) => stringify(object)).join('---\n'));
    const pods = await eventually('two pods of the chart', async () => {
      const { items } = await kubectlJson<{
        items: { status: { phase: string; containerStatuses?: { ready: boolean; imageID: string }[] } }[];
      }>(['-n', namespace, 'get', 'pods', '-l', 'app=shop']);
      return items.length === 2 && items.every(({ status }) => status.containerStatuses?.[0]?.ready === true) ? items : undefined;
    });
    for (const { status } of pods) expect(status.containerStatuses?.[0]?.imageID).toContain(digestOf('web:1.0.0'));
    const { spec } = await kubectlJson<{ spec: Record<string, unknown> }>(['-n', namespace, 'get', 'deployment', 'shop']);
    expect(spec).toMatchObject({
      replicas: 2,
      minReadySeconds: 1,
      strategy: { rollingUpdate: { maxUnavailable: 0 } },
      template: { spec: { containers: [{ lifecycle: { preStop: { sleep: { seconds: 1 } } } }] } },
    });
  });
});

interface Named {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

function keyOf({ kind, metadata }: Named): string {
  return `${kind}/${metadata.name}`;
}

function lockOf(name: string, images: Readonly<Record<string, string>>): ImageLock {
  const tool = { image: `${REGISTRY}/node`, tag: '20', digest: digestOf('node:20') };
  return {
    schemaVersion: 1,
    images: Object.fromEntries(
      Object.entries(images).map(([image, digest]) => [
        `${REGISTRY}/${image}`,
        { [name]: { tag: image.split(':')[1] ?? '', digest, releasedAt: '2026-01-01T00:00:00Z', releasedFrom: 'config' } },
      ]),
    ),
    tools: { agent: tool, trivy: { image: `${REGISTRY}/trivy`, tag: '0.74.0', digest: digestOf('trivy:0.74.0') } },
  };
}

/** Twenty-five components of four objects each. */
function hundred(): readonly object[] {
  return Array.from({ length: 25 }, (_, i) => {
    const name = `part-${i}`;
    const labels = { app: name };
    return [
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { 'settings.yaml': 'a: 1\nb: "yes"\n', empty: '' } },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name },
        spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
      },
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name, labels },
        spec: {
          replicas: 2,
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: {
              serviceAccountName: name,
              containers: [
                {
                  name: 'web',
                  image: `${REGISTRY}/web:1.0.0`,
                  ports: [{ name: 'http', containerPort: 8080 }],
                  readinessProbe: { httpGet: { path: '/', port: 'http' } },
                },
              ],
            },
          },
        },
      },
    ];
  }).flat();
}

function helmChart(): string {
  const chart = join(directory, 'chart');
  mkdirSync(join(chart, 'templates'), { recursive: true });
  writeFileSync(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: shop\nversion: 1.0.0\n');
  writeFileSync(join(chart, 'values.yaml'), `replicas: 1\nimage: ${REGISTRY}/web:1.0.0\n`);
  writeFileSync(
    join(chart, 'templates/shop.yaml'),
    `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  labels: { app.kubernetes.io/managed-by: {{ .Release.Service }} }
spec:
  replicas: {{ .Values.replicas }}
  selector: { matchLabels: { app: shop } }
  template:
    metadata: { labels: { app: shop } }
    spec:
      containers:
        - name: web
          image: {{ .Values.image }}
          ports: [{ containerPort: 8080 }]
          readinessProbe: { httpGet: { path: /, port: 8080 } }
---
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}-test
  annotations: { helm.sh/hook: test }
spec:
  containers: [{ name: test, image: {{ .Values.image }} }]
`,
  );
  return chart;
}
