import { Chart, Testing } from 'cdk8s';
import { expect, it } from 'vitest';
import { Dashboards } from '../../src/cdk8s.js';
import { definePolicy } from '../../src/index.js';

const policyWith = (dashboards: boolean | 'operator' | 'files') =>
  definePolicy({
    name: 'shop',
    scan: { schedule: '@daily', scanners: [{ kind: 'grype' }] },
    gate: { preset: 'bod26-04' },
    stages: [
      { name: 'staging', namespace: 'shop-staging' },
      { name: 'production', namespace: 'shop', after: ['staging'] },
    ],
    monitoring: { dashboards },
  });

it.each([
  [true, undefined, 'ConfigMap shop'],
  [true, 'monitoring', 'ConfigMap monitoring'],
  ['operator', undefined, 'GrafanaDashboard shop'],
] as const)('dashboards: %s, in namespace %s, are of %s', (dashboards, namespace, expected) => {
  const chart = new Chart(Testing.app(), 'grafana');
  new Dashboards(chart, 'dashboards', { policy: policyWith(dashboards), ...(namespace === undefined ? {} : { namespace }) });
  const written = Testing.synth(chart) as readonly { kind: string; metadata: { name: string; namespace: string } }[];
  expect(written.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`)).toEqual(
    ['fleet', 'promotion', 'workload'].map((name) => `${expected}/patchway-dashboard-${name}`),
  );
});

it.each([false, 'files'] as const)('dashboards: %s are no objects', (dashboards) => {
  const chart = new Chart(Testing.app(), 'grafana');
  new Dashboards(chart, 'dashboards', { policy: policyWith(dashboards) });
  expect(Testing.synth(chart)).toEqual([]);
});
