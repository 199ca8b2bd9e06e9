import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import type { Manifest } from '../../src/manifest/manifest.js';
import { matchers } from '../../src/testing.js';
import { sandbox } from './fake-io.js';

expect.extend(matchers);

const example = (name: string) => readFileSync(new URL(`../../examples/storefront-yaml/${name}`, import.meta.url), 'utf8');
const POLICY = example('patch-policy.yaml');
const files = {
  'patch-policy.yaml': POLICY,
  'images.lock.yaml': example('images.lock.yaml'),
  'web.yaml': example('workloads/web.yaml'),
  'api.yaml': example('workloads/api.yaml'),
};
const synth = ['synth', 'patch-policy.yaml', '-w', 'web.yaml', 'api.yaml'];
const documents = (text: string) => [parseAllDocuments(text)].flat().map((d) => ('toJS' in d ? d.toJS() : d)) as readonly Manifest[];

describe('patchway synth', () => {
  it('writes a file for each stage and says so', async () => {
    const box = sandbox(files);
    const { code, stdout, stderr } = await box.run(...synth);
    expect([code, stderr]).toEqual([0, '']);
    expect(box.list('dist')).toEqual(['dashboards.k8s.yaml', 'production.k8s.yaml', 'staging.k8s.yaml']);
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^dist\/staging\.k8s\.yaml: \d+ objects for namespace storefront-staging, 2 of them workloads/),
      expect.stringMatching(/^dist\/production\.k8s\.yaml: \d+ objects for namespace storefront, 2 of them workloads/),
      'dist/dashboards.k8s.yaml: 3 dashboards for Grafana, as objects for namespace storefront',
      '',
    ]);
    const production = box.read('dist/production.k8s.yaml');
    expect(production).toContainManifest({ kind: 'Deployment', name: 'web', namespace: 'storefront' }, { spec: { replicas: 3 } });
    expect(production).toContainManifest({ kind: 'Service', name: 'api', namespace: 'storefront' });
    expect(production).toRunLockedImages();
    expect(box.read('dist/staging.k8s.yaml')).toContainManifest({ kind: 'Deployment', name: 'web' }, { spec: { replicas: 1 } });
  });

  it('writes the same bytes again, in whatever order the files come', async () => {
    const box = sandbox(files);
    await box.run(...synth);
    const first = box.read('dist/production.k8s.yaml');
    await box.run('synth', 'patch-policy.yaml', '-w', 'api.yaml', 'web.yaml', '-o', 'again');
    expect(box.read('again/production.k8s.yaml')).toBe(first);
  });

  it('prints to the standard output', async () => {
    const box = sandbox(files);
    const { stdout } = await box.run(...synth, '-o', '-');
    expect(box.list()).not.toContain('dist');
    const namespaces = new Set(documents(stdout).map((m) => m.metadata.namespace));
    // The guard's policies are the cluster's.
    expect(namespaces).toEqual(new Set(['storefront', 'storefront-staging', undefined]));
  });

  it('gives an object with a namespace only to the stage of that namespace', async () => {
    const settings = (namespace: string) => `{apiVersion: v1, kind: ConfigMap, metadata: {name: in-${namespace}, namespace: ${namespace}}}`;
    const list = `apiVersion: v1\nkind: List\nitems:\n  - ${settings('storefront')}\n  - ${settings('storefront-staging')}\n`;
    const box = sandbox({ ...files, 'list.yaml': `${list}---\n---\n# nothing\n` });
    await box.run(...synth, 'list.yaml');
    const production = box.read('dist/production.k8s.yaml');
    expect(production).toContainManifest({ kind: 'ConfigMap', name: 'in-storefront' });
    expect(production).not.toContainManifest({ kind: 'ConfigMap', name: 'in-storefront-staging' });
  });

  it('reads YAML as Kubernetes does', async () => {
    const box = sandbox({
      ...files,
      'more.yaml':
        'apiVersion: v1\nkind: Widget\nmetadata: {name: w}\nspec: {mode: 0644, when: 2026-11-21, at: 12:30:45, on: &a {x: 1}, off: {<<: *a}}\n',
    });
    await box.run(...synth, 'more.yaml');
    const widget = documents(box.read('dist/staging.k8s.yaml')).find((m) => m.kind === 'Widget');
    expect(widget?.spec).toEqual({ mode: 420, when: '2026-11-21', at: '12:30:45', true: { x: 1 }, false: { x: 1 } });
  });

  it('writes the rules as a file where the policy says so', async () => {
    const box = sandbox({ ...files, 'patch-policy.yaml': POLICY.replace('monitoring:', 'monitoring:\n  prometheus: rules-file') });
    const { stdout } = await box.run(...synth);
    expect(stdout).toContain('dist/storefront.rules.yaml: ');
    const rules = parse(box.read('dist/storefront.rules.yaml')) as { groups: { name: string }[] };
    expect(rules.groups.length).toBeGreaterThan(1);
    expect(box.read('dist/production.k8s.yaml')).not.toContain('kind: PrometheusRule');
  });
});

describe('what is wrong', () => {
  it('is told at once, with its place, and nothing is written', async () => {
    const box = sandbox({
      ...files,
      'bad.yaml': [
        '{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db}}',
        '{apiVersion: v1, kind: ConfigMap, metadata: {name: lost, namespace: elsewhere}}',
        '{apiVersion: apps/v1, kind: Deployment, metadata: {name: old}, spec: {template: {spec: {containers: [{name: a, image: nginx}]}}}}',
      ].join('\n---\n'),
    });
    const { code, stdout, stderr } = await box.run(...synth, 'bad.yaml');
    expect([code, stdout]).toEqual([65, '']);
    expect(stderr).toMatch(/^patchway: nothing was written: 4 problems$/m);
    expect(stderr).toMatch(/^ {2}bad\.yaml:1:1 StatefulSet\/db spec\.template\.spec\.containers: A StatefulSet needs a list/m);
    expect(stderr).toMatch(/^ {2}bad\.yaml:3:1 ConfigMap\/lost metadata\.namespace: No stage has the namespace elsewhere/m);
    expect(stderr).toMatch(/^ {2}bad\.yaml:5:1 Deployment\/old .*docker\.io\/library\/nginx:latest is not locked for stage staging/m);
    expect(stderr).toMatch(/^ {2}bad\.yaml:5:1 Deployment\/old .*is not locked for stage production/m);
    expect(box.list()).not.toContain('dist');
  });

  it('includes policy, lock and files together', async () => {
    const box = sandbox({
      'patch-policy.yaml': 'name: 3\n',
      'images.lock.yaml': 'schemaVersion: 2\n',
      'a.yaml': 'kind: Deployment\n',
      'b.yaml': 'a: [\n',
      'c.yaml': 'just text\n',
    });
    const { code, stderr } = await box.run('synth', 'patch-policy.yaml', '-w', 'a.yaml', 'b.yaml', 'c.yaml', 'd.yaml');
    expect(code).toBe(65);
    expect(stderr).toMatch(/patch-policy\.yaml:1/);
    expect(stderr).toMatch(/images\.lock\.yaml:1/);
    expect(stderr).toMatch(/a\.yaml:1:1 This is not a Kubernetes object: it has no apiVersion and no metadata\.name/);
    expect(stderr).toMatch(/b\.yaml:\d+:\d+ This is not YAML/);
    expect(stderr).toMatch(/c\.yaml:1:1 This is not a Kubernetes object/);
    expect(stderr).toMatch(/d\.yaml It cannot be read: ENOENT/);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it('leaves an earlier output as it was', async () => {
    const box = sandbox(files);
    await box.run(...synth);
    const before = box.read('dist/staging.k8s.yaml');
    box.write('api.yaml', 'kind: Deployment\n');
    expect((await box.run(...synth)).code).toBe(65);
    expect(box.read('dist/staging.k8s.yaml')).toBe(before);
    expect(box.list('dist')).toEqual(['dashboards.k8s.yaml', 'production.k8s.yaml', 'staging.k8s.yaml']);
  });

  it('is a place that cannot be written to', async () => {
    const box = sandbox({ ...files, dist: 'a file' });
    const { code, stderr } = await box.run(...synth);
    expect(code).toBe(1);
    expect(stderr).toContain('dist cannot be written to');
    expect(box.read('dist')).toBe('a file');
  });

  it('may be only questionable: a warning', async () => {
    const box = sandbox({ ...files, 'api.yaml': files['api.yaml'].replace('spec:\n', 'spec:\n  strategy: {type: Recreate}\n') });
    const { code, stderr } = await box.run(...synth);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^warning: api\.yaml:1:1 Deployment\/api spec\.strategy: Its strategy Recreate stays/m);
    expect(stderr.match(/Recreate/g)).toHaveLength(1);
  });
});

describe('patchway synth --rule-tests', () => {
  it('writes a unit test for each alert of each stage, beside the rules', async () => {
    const box = sandbox(files);
    const { code, stdout } = await box.run(...synth, '--rule-tests');
    expect(code).toBe(0);
    const written = box.list('dist/rule-tests');
    for (const stage of ['staging', 'production']) {
      const rules = parse(box.read(`dist/rule-tests/${stage}.rules.yaml`)) as { groups: { rules: { alert?: string }[] }[] };
      const alerts = rules.groups.flatMap((group) => group.rules.flatMap(({ alert }) => (alert === undefined ? [] : [alert])));
      expect(alerts.length).toBeGreaterThan(15);
      expect(written).toEqual(expect.arrayContaining(alerts.map((alert) => `${stage}.${alert}.test.yaml`)));
    }
    expect(stdout).toContain('dist/rule-tests/production.PatchwayDrift.test.yaml: when PatchwayDrift fires, stays silent and ends\n');
  });

  it('writes none unless it is asked to, and none to the standard output', async () => {
    const box = sandbox(files);
    await box.run(...synth);
    expect(box.list('dist')).not.toContain('rule-tests');
    const { code, stderr } = await box.run(...synth, '--rule-tests', '-o', '-');
    expect([code, stderr]).toEqual([64, expect.stringContaining('name a directory with --output')]);
  });

  it.each([
    ['mimir', { namespace: 'patchway-storefront' }],
    ['thanos', {}],
  ])('writes the rules of prometheus: %s as a file', async (format, rest) => {
    const box = sandbox({
      ...files,
      'patch-policy.yaml': `${POLICY.replace(/\nmonitoring:[\s\S]*?(?=\n\S|$)/, '')}\nmonitoring: {prometheus: ${format}}\n`,
    });
    const { code, stderr } = await box.run(...synth);
    expect([code, stderr]).toEqual([0, '']);
    const file = parse(box.read('dist/storefront.rules.yaml')) as { groups: unknown[] };
    expect(file).toEqual({
      ...rest,
      groups: expect.arrayContaining([expect.objectContaining({ name: 'patchway-storefront-production-scans' })]),
    });
  });
});
