import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exec, kubectl } from './cluster.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The kinds of Prometheus' operator, unless the cluster has them. */
export async function installMonitoringKinds(): Promise<void> {
  const { stdout } = await exec('kubectl', ['api-resources', '--api-group=monitoring.coreos.com', '--no-headers']);
  if (['PrometheusRule', 'ServiceMonitor'].every((kind) => stdout.includes(kind))) return;
  const files = ['prometheusrules', 'servicemonitors'].map(
    (kind) => `../shared/crds/prometheus-operator/monitoring.coreos.com_${kind}.yaml`,
  );
  await kubectl(['apply', '--server-side', ...files.flatMap((file) => ['-f', join(root, file)])]);
  await kubectl([
    'wait',
    '--for=condition=Established',
    '--timeout=60s',
    'crd/prometheusrules.monitoring.coreos.com',
    'crd/servicemonitors.monitoring.coreos.com',
  ]);
}
