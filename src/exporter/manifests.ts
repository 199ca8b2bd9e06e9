import { type AgentMount, agentContainer, agentPod } from '../manifest/agent-pod.js';
import { ownLabels } from '../manifest/labels.js';
import type { Manifest } from '../manifest/manifest.js';
import { names } from '../manifest/names.js';
import { access, type Grant, serviceAccount, workloadGrants } from '../manifest/rbac.js';
import type { WorkloadSummary } from '../manifest/stage-config.js';
import { movesLock } from '../policy/engines.js';
import type { PolicyDocument, Stage } from '../policy/policy.js';

/** The port that the exporter listens on; it is called `metrics`. */
export const METRICS_PORT = 9464;

/** What the exporter of one stage is made of. */
export interface ExporterOptions {
  readonly policy: PolicyDocument;
  readonly stage: Stage;
  readonly workloads: readonly WorkloadSummary[];
  readonly mount: AgentMount;
}

/**
 * The Deployment that serves a stage's metrics, its Service and service account, and how Prometheus finds it:
 * a ServiceMonitor for the operator, annotations otherwise. Nothing where the policy wants no exporter.
 */
export function exporterManifests({ policy, stage, workloads, mount }: ExporterOptions): readonly Manifest[] {
  if (!policy.monitoring.exporter) return [];
  const { namespace } = stage;
  const name = names.exporter(stage.name);
  const labels = ownLabels(policy.name, stage.name, 'exporter');
  const metadata = { name, namespace, labels };
  const byOperator = policy.monitoring.prometheus === 'operator';
  return [
    serviceAccount(name, namespace, labels),
    ...access({ name, namespace, labels, subject: { name, namespace }, grants: grants(policy, stage, workloads) }),
    deployment(metadata, mount),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: byOperator ? metadata : { ...metadata, annotations: SCRAPE },
      spec: { selector: selector(labels), ports: [{ name: 'metrics', port: METRICS_PORT, targetPort: 'metrics' }] },
    },
    ...(byOperator ? [serviceMonitor(metadata)] : []),
  ];
}

/** The annotations that common scrape configurations look for. */
const SCRAPE = { 'prometheus.io/scrape': 'true', 'prometheus.io/port': String(METRICS_PORT), 'prometheus.io/path': '/metrics' } as const;

type Labels = ReturnType<typeof ownLabels>;
type Named = { readonly name: string; readonly namespace: string; readonly labels: Labels };

/** A grant without names would hold for every object, so one that names nothing is left out. */
function grants({ promotion }: PolicyDocument, stage: Stage, workloads: readonly WorkloadSummary[]): readonly Grant[] {
  const evidence = new Set(workloads.flatMap(({ images }) => images.map(({ repository }) => names.evidence(repository))));
  const state = stage.after.length > 0 && !movesLock(promotion) ? [names.promotion(stage.name)] : [];
  const all: readonly Grant[] = [
    { apiGroup: '', resource: 'configmaps', verbs: ['get'], names: [...[...evidence].sort(), ...state] },
    ...workloadGrants(workloads, ['get']),
    // Pods past the guard may have any name.
    ...(promotion.guard === false ? [] : [{ apiGroup: '', resource: 'pods', verbs: ['list'] } as const]),
  ];
  return all.filter((grant) => grant.names?.length !== 0);
}

function deployment(metadata: Named, mount: AgentMount): Manifest {
  const container = agentContainer(mount, {
    command: 'export',
    resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '256Mi' } },
    fields: {
      ports: [{ name: 'metrics', containerPort: METRICS_PORT }],
      readinessProbe: { httpGet: { path: '/healthz', port: 'metrics' } },
    },
  });
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: {
      replicas: 1,
      selector: { matchLabels: selector(metadata.labels) },
      template: { metadata: { labels: metadata.labels }, spec: agentPod(mount, metadata.name, { containers: [container] }) },
    },
  };
}

/** The metrics name the workload's namespace themselves: `honorLabels` keeps Prometheus from moving it away. */
function serviceMonitor(metadata: Named): Manifest {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'ServiceMonitor',
    metadata,
    spec: { selector: { matchLabels: selector(metadata.labels) }, endpoints: [{ port: 'metrics', honorLabels: true }] },
  };
}

function selector(labels: Labels): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => SELECTING.includes(key)));
}

const SELECTING: readonly string[] = ['app.kubernetes.io/name', 'patchway.dev/policy', 'patchway.dev/stage'];
