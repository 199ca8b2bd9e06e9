import type { Manifest } from '../manifest/manifest.js';
import type { DashboardDelivery, PolicyDocument } from '../policy/policy.js';

/** A dashboard as a file: what Grafana reads, under a name that is its address too. */
export interface DashboardFile {
  /** `patchway-fleet.json` */
  readonly name: string;
  /** JSON. */
  readonly text: string;
}

/** How a policy wants its dashboards delivered: without a word by the sidecar, but there is nothing to show without an exporter. */
export function dashboardDelivery({ monitoring }: Pick<PolicyDocument, 'monitoring'>): DashboardDelivery | false {
  return monitoring.dashboards ?? (monitoring.exporter ? 'sidecar' : false);
}

/** The dashboards as objects of one namespace. Files are no objects. */
export function dashboardManifests(
  delivery: DashboardDelivery | false,
  namespace: string,
  files: () => readonly DashboardFile[],
): readonly Manifest[] {
  switch (delivery) {
    case 'sidecar':
      return files().map((file) => configMap(file, namespace));
    case 'operator':
      return files().map((file) => grafanaDashboard(file, namespace));
    default:
      return [];
  }
}

/** The label by which the sidecar of Grafana's charts knows ConfigMaps with dashboards, unless it is told otherwise. */
function configMap({ name, text }: DashboardFile, namespace: string): Manifest {
  const metadata = {
    name: objectName(name),
    namespace,
    labels: { ...LABELS, grafana_dashboard: '1' },
    annotations: { grafana_folder: FOLDER },
  };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { [name]: text } };
}

/** For every Grafana that the operator looks after, in whatever namespace that runs. */
function grafanaDashboard({ name, text }: DashboardFile, namespace: string): Manifest {
  return {
    apiVersion: 'grafana.integreatly.org/v1beta1',
    kind: 'GrafanaDashboard',
    metadata: { name: objectName(name), namespace, labels: LABELS },
    spec: { instanceSelector: {}, allowCrossNamespaceImport: true, folder: FOLDER, json: text },
  };
}

const FOLDER = 'Patchway';

/** Dashboards are the same for every policy, so no label names one: policies that share a namespace write the same objects. */
const LABELS = {
  'app.kubernetes.io/name': 'patchway-dashboards',
  'app.kubernetes.io/part-of': 'patchway',
  'app.kubernetes.io/managed-by': 'patchway',
} as const;

function objectName(file: string): string {
  return file.replace(/\.json$/, '').replace(/^patchway-/, 'patchway-dashboard-');
}
