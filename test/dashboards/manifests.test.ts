import { describe, expect, it } from 'vitest';
import { dashboardFiles } from '../../src/dashboard-files.js';
import { boards } from '../../src/dashboards/boards.js';
import { type DashboardFile, dashboardDelivery, dashboardManifests } from '../../src/dashboards/manifests.js';
import { parsePolicy } from '../../src/policy/parse.js';

const files: readonly DashboardFile[] = [{ name: 'patchway-fleet.json', text: '{"uid": "patchway-fleet"}\n' }];
const never = () => {
  throw new Error('it was read');
};
const labels = {
  'app.kubernetes.io/name': 'patchway-dashboards',
  'app.kubernetes.io/part-of': 'patchway',
  'app.kubernetes.io/managed-by': 'patchway',
};

describe('how a policy delivers dashboards', () => {
  it.each([
    ['sidecar', {}],
    [false, { exporter: false }],
    ['sidecar', { dashboards: true }],
    ['sidecar', { dashboards: 'sidecar', exporter: false }],
    ['operator', { dashboards: 'operator' }],
    ['files', { dashboards: 'files' }],
    [false, { dashboards: false }],
  ] as const)('is %s with %o', (delivery, monitoring) => {
    const parsed = parsePolicy({
      name: 'shop',
      scan: { schedule: '@daily', scanners: [{ kind: 'grype' }] },
      gate: { deadlines: { critical: '3d', high: '7d', medium: '30d', low: '90d' } },
      stages: [{ name: 'production', namespace: 'shop' }],
      monitoring,
    });
    expect(parsed.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(parsed.policy && dashboardDelivery(parsed.policy)).toBe(delivery);
  });

  it('takes no other word', () => {
    const { problems } = parsePolicy({ monitoring: { dashboards: 'grafana' } });
    expect(problems).toContainEqual(
      expect.objectContaining({ path: 'monitoring.dashboards', message: 'This is no way to deliver dashboards.' }),
    );
  });
});

describe('dashboards as objects', () => {
  it("are ConfigMaps that Grafana's sidecar knows by their label", () => {
    expect(dashboardManifests('sidecar', 'monitoring', () => files)).toEqual([
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: {
          name: 'patchway-dashboard-fleet',
          namespace: 'monitoring',
          labels: { ...labels, grafana_dashboard: '1' },
          annotations: { grafana_folder: 'Patchway' },
        },
        data: { 'patchway-fleet.json': '{"uid": "patchway-fleet"}\n' },
      },
    ]);
  });

  it("are for every Grafana of Grafana's operator", () => {
    expect(dashboardManifests('operator', 'monitoring', () => files)).toEqual([
      {
        apiVersion: 'grafana.integreatly.org/v1beta1',
        kind: 'GrafanaDashboard',
        metadata: { name: 'patchway-dashboard-fleet', namespace: 'monitoring', labels },
        spec: { instanceSelector: {}, allowCrossNamespaceImport: true, folder: 'Patchway', json: '{"uid": "patchway-fleet"}\n' },
      },
    ]);
  });

  it.each([false, 'files'] as const)('are none with %s, and nothing is read', (delivery) => {
    expect(dashboardManifests(delivery, 'monitoring', never)).toEqual([]);
  });
});

describe('the files of the package', () => {
  it('are the dashboards that the sources describe', () => {
    const built = dashboardFiles();
    expect(built.map(({ name }) => name)).toEqual(
      boards()
        .map(({ uid }) => `${uid}.json`)
        .sort(),
    );
    for (const { name, text } of built) {
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(boards().find(({ uid }) => `${uid}.json` === name))));
    }
  });

  it('are small enough for an annotation of kubectl apply, quoted', () => {
    for (const { text } of dashboardFiles()) expect(JSON.stringify(text).length).toBeLessThan(200_000);
  });
});
