import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { dashboardFiles } from '../../src/dashboard-files.js';
import type { Manifest } from '../../src/manifest/manifest.js';
import { sandbox } from './fake-io.js';

const example = (name: string) => readFileSync(new URL(`../../examples/storefront-yaml/${name}`, import.meta.url), 'utf8');
const synth = ['synth', 'patch-policy.yaml', '-w', 'web.yaml'];
const box = (dashboards: string) =>
  sandbox({
    'patch-policy.yaml': example('patch-policy.yaml').replace('monitoring:', `monitoring:\n  dashboards: ${dashboards}`),
    'images.lock.yaml': example('images.lock.yaml'),
    'web.yaml': example('workloads/web.yaml'),
  });
const objects = (text: string) => [parseAllDocuments(text)].flat().map((d) => ('toJS' in d ? d.toJS() : d)) as readonly Manifest[];
const BUILT = Object.fromEntries(dashboardFiles().map(({ name, text }) => [name, text]));

describe('patchway synth writes dashboards', () => {
  it('once, for the namespace of the last stage, byte for byte as they were built', async () => {
    const directory = box('sidecar');
    await directory.run(...synth);
    const written = objects(directory.read('dist/dashboards.k8s.yaml'));
    expect(written.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`)).toEqual([
      'ConfigMap storefront/patchway-dashboard-fleet',
      'ConfigMap storefront/patchway-dashboard-promotion',
      'ConfigMap storefront/patchway-dashboard-workload',
    ]);
    expect(Object.assign({}, ...written.map(({ data }) => data))).toEqual(BUILT);
  });

  it('as objects of the operator', async () => {
    const directory = box('operator');
    await directory.run(...synth);
    const written = objects(directory.read('dist/dashboards.k8s.yaml'));
    expect(written.map(({ kind }) => kind)).toEqual(Array(3).fill('GrafanaDashboard'));
  });

  it('as files, apart from what kubectl applies', async () => {
    const directory = box('files');
    const { stdout } = await directory.run(...synth);
    const names = Object.keys(BUILT).map((name) => `dashboards/${name}`);
    expect(directory.list('dist')).toEqual(['dashboards', ...names, 'production.k8s.yaml', 'staging.k8s.yaml']);
    expect(names.map((name) => directory.read(`dist/${name}`))).toEqual(Object.values(BUILT));
    expect(stdout).toContain('dist/dashboards/patchway-fleet.json: a dashboard for Grafana\n');
  });

  it('not at all', async () => {
    const directory = box('false');
    await directory.run(...synth);
    expect(directory.list('dist')).toEqual(['production.k8s.yaml', 'staging.k8s.yaml']);
  });

  it.each([
    ['sidecar', 3],
    ['files', 0],
  ])('to the standard output with %s: %i', async (delivery, count) => {
    const { stdout } = await box(delivery).run(...synth, '-o', '-');
    expect(objects(stdout).filter(({ metadata }) => metadata.name.startsWith('patchway-dashboard-'))).toHaveLength(count);
  });
});
