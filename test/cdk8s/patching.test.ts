import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiObject, App, Chart, Testing, YamlOutputType } from 'cdk8s';
import { afterEach, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { Bookshop } from '../../examples/adopt-cdk8s/bookshop.js';
import { policy as bookshopPolicy } from '../../examples/adopt-cdk8s/policy.js';
import { Patching } from '../../src/cdk8s.js';
import { loadLock } from '../../src/index.js';
import { dig } from '../../src/manifest/dig.js';
import type { Manifest } from '../../src/manifest/manifest.js';
import { deployment, manifest } from '../rollout/fixture.js';
import { apply, chartIn, imageOf, included, LOCKED, leaves, named, plus, raw, titles, typed } from './tree.js';

describe('what a tree is built with', () => {
  const list = { apiVersion: 'v1', kind: 'List', metadata: { name: 'all' }, items: [manifest('ConfigMap', 'c'), deployment()] };
  it.each([
    ['cdk8s-plus', (chart: Chart) => void plus(chart, 'web'), (all: unknown[]) => named(all, 'Deployment/web')],
    ['typed objects', (chart: Chart) => void typed(chart, 'web'), (all: unknown[]) => named(all, 'Deployment/web')],
    ['raw objects', (chart: Chart) => void raw(chart, 'web'), (all: unknown[]) => named(all, 'Deployment/web')],
    ['included YAML', (chart: Chart) => void included(chart, deployment()), (all: unknown[]) => named(all, 'Deployment/web')],
    ['an included List', (chart: Chart) => void included(chart, list), (all: unknown[]) => dig(named(all, 'List/all'), 'items', '1')],
  ])('may be %s', (_, build, find) => {
    const chart = chartIn('storefront');
    build(chart);
    apply(chart);
    const all = Testing.synth(chart);
    expect(find(all)).toMatchObject({
      metadata: { name: 'web', labels: { 'patchway.dev/policy': 'storefront', 'patchway.dev/stage': 'production' } },
      spec: {
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: '25%' } },
        minReadySeconds: 10,
        template: { spec: { containers: [{ name: 'web', image: LOCKED, lifecycle: { preStop: { sleep: { seconds: 5 } } } }] } },
      },
    });
    expect(titles(all)).toEqual(expect.arrayContaining(['PodDisruptionBudget/web', 'CronJob/patchway-scan-production']));
  });
});

describe('an app of ten workloads of mixed kinds', () => {
  const bookshopLock = loadLock(join(import.meta.dirname, '../../examples/adopt-cdk8s/images.lock.yaml'));
  const build = () => new Bookshop(new App(), 'production', { namespace: 'bookshop' });
  const before = Testing.synth(build()) as Manifest[];
  const chart = build();
  Patching.apply(chart, bookshopPolicy, { stage: 'production', lock: bookshopLock });
  const after = Testing.synth(chart) as Manifest[];

  /** What docs/adopting-cdk8s.md names. */
  const DOCUMENTED = [
    /^\/metadata\/labels\/patchway\.dev\/(policy|stage)$/,
    /^\/spec\/(minReadySeconds|progressDeadlineSeconds|revisionHistoryLimit)$/,
    /^\/spec\/(strategy|updateStrategy)\/(type|rollingUpdate\/(maxUnavailable|maxSurge))$/,
    /^\/spec\/(jobTemplate\/spec\/)?template\/spec\/(initContainers|containers)\/\d+\/image$/,
    /^\/spec\/template\/spec\/containers\/\d+\/lifecycle\/preStop\/sleep\/seconds$/,
    /^\/spec\/template\/spec\/terminationGracePeriodSeconds$/,
    /^\/spec\/template\/spec\/topologySpreadConstraints\//,
  ];

  it.each(before.map((m) => [`${m.kind}/${m.metadata.name}`, m] as const))('changes only documented fields of %s', (title, old) => {
    const was = leaves(old);
    const is = leaves(named(after, title));
    const changed = [...new Set([...was.keys(), ...is.keys()])].filter((path) => was.get(path) !== is.get(path));
    expect(changed.filter((path) => !DOCUMENTED.some((documented) => documented.test(path)))).toEqual([]);
    expect([...was.keys()].filter((path) => !is.has(path))).toEqual([]);
    const bearsPods = ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob', 'Job'].includes(old.kind);
    expect(changed.length > 0).toBe(bearsPods && title !== 'Deployment/legacy');
  });

  it('covers nine, and says why not the tenth', () => {
    const states = Patching.of(chart)
      .coverage()
      .map((c) => `${c.object} ${c.state}`);
    expect(states).toHaveLength(10);
    expect(states.filter((state) => state.endsWith(' covered'))).toHaveLength(9);
    expect(Patching.of(chart).coverage()).toContainEqual({
      construct: 'production/legacy',
      object: 'Deployment/legacy',
      policy: 'bookshop',
      stage: 'production',
      state: 'ignored',
      reason: 'Retired at the end of the year.',
    });
  });

  it('adds budgets where there are none, and knows what is out of the policy to the guard', () => {
    const budgets = titles(after).filter((title) => title.startsWith('PodDisruptionBudget/'));
    expect(budgets.sort()).toEqual(['api', 'database', 'ledger', 'mailer', 'shop', 'status-page'].map((n) => `PodDisruptionBudget/${n}`));
    const known = JSON.stringify(after.filter((m) => m.metadata.labels?.['app.kubernetes.io/name'] === 'patchway-guard'));
    const seed = String(imageOf(named(after, 'Job/seed')));
    for (const image of ['registry.acme.example/bookshop/legacy:2019', seed.slice(seed.indexOf('@') + 1)]) expect(known).toContain(image);
  });

  it('says which choices of the author hold, and what would hurt', () => {
    const warnings = Patching.of(chart).warnings;
    expect(warnings.map(({ path }) => path)).toContain('[production/api/Resource] Deployment/api spec.minReadySeconds');
    expect(warnings.filter(({ path }) => path.startsWith('Deployment/ledger')).map(({ message }) => message)).toContainEqual(
      expect.stringContaining('Recreate'),
    );
  });
});

describe('however it is written', () => {
  const directory = mkdtempSync(join(tmpdir(), 'patchway-patching-'));
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const build = (yamlOutputType = YamlOutputType.FILE_PER_CHART) => {
    const app = new App({ outdir: directory, yamlOutputType });
    plus(new Chart(app, 'shop'), 'web');
    typed(new Chart(app, 'office'), 'desk');
    apply(app);
    return app;
  };
  const parsed = (text: string) => parseAllDocuments(text).map((d) => ('toJS' in d ? d.toJS() : d) as Manifest | null);
  const expectBoth = (manifests: readonly (Manifest | null)[]) => {
    for (const title of ['Deployment/web', 'Deployment/desk']) expect(imageOf(named(manifests.filter(Boolean), title)), title).toBe(LOCKED);
  };

  it.each([
    ['FILE_PER_APP', ['app.k8s.yaml']],
    ['FILE_PER_CHART', ['office.k8s.yaml', 'patchway-storefront-production.k8s.yaml', 'shop.k8s.yaml']],
    ['FILE_PER_RESOURCE', ['Deployment.desk.k8s.yaml', 'Deployment.web.k8s.yaml', 'PodDisruptionBudget.web.k8s.yaml']],
    ['FOLDER_PER_CHART_FILE_PER_RESOURCE', ['office', 'patchway-storefront-production', 'shop']],
  ] as const)('app.synth() with %s', (type, files) => {
    build(YamlOutputType[type]).synth();
    expect(readdirSync(directory)).toEqual(expect.arrayContaining([...files]));
    const all = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yaml'));
    expectBoth(all.flatMap((file) => parsed(readFileSync(join(directory, file), 'utf8'))));
  });

  it('app.synthYaml(), twice with the same bytes', () => {
    const app = build();
    const text = app.synthYaml();
    expectBoth(parsed(text));
    expect(app.synthYaml()).toBe(text);
    expect(build().synthYaml()).toBe(text);
  });

  it('Testing.synth() and an object alone', () => {
    const app = build();
    expectBoth(app.charts.flatMap((chart) => Testing.synth(chart)) as Manifest[]);
    const shop = app.charts.find(({ node }) => node.id === 'shop')!;
    expect(imageOf(ApiObject.of(shop.node.findChild('web')).toJson())).toBe(LOCKED);
  });
});

it('works on objects of another loaded copy of cdk8s', () => {
  const require = createRequire(import.meta.url);
  const cached = Object.keys(require.cache).filter((file) => file.includes('/node_modules/cdk8s/'));
  const kept = cached.map((file) => [file, require.cache[file]] as const);
  for (const file of cached) delete require.cache[file];
  const other = require('cdk8s') as typeof import('cdk8s');
  for (const [file, module] of kept) require.cache[file] = module;
  expect(other.ApiObject).not.toBe(ApiObject);
  const chart = new other.Chart(new other.App(), 'shop');
  new other.ApiObject(chart, 'web', deployment());
  apply(chart);
  const all = other.Testing.synth(chart);
  expect(imageOf(named(all, 'Deployment/web'))).toBe(LOCKED);
  expect(titles(all)).toContain('CronJob/patchway-scan-production');
});
