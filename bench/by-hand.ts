/** The objects of examples/storefront, as many and of the same kinds and sizes, written by hand with cdk8s alone. */
import { readFileSync } from 'node:fs';
import { ApiObject, App, Chart, Size } from 'cdk8s';

const app = new App();
const labels = (name: string, stage: string) => ({
  'app.kubernetes.io/name': name,
  'app.kubernetes.io/part-of': 'storefront',
  'app.kubernetes.io/managed-by': 'cdk8s',
  'acme.example/team': 'storefront',
  'acme.example/stage': stage,
});
const WORKLOADS = [
  { name: 'web', serves: true, replicas: 3 },
  { name: 'api', serves: true, replicas: 2 },
  { name: 'worker', serves: false, replicas: 1 },
];
const restricted = { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } };
const podContext = { runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532, fsGroup: 65532, seccompProfile: { type: 'RuntimeDefault' } };
const image = (name: string) => `registry.acme.example/storefront/${name}:1.8.1@sha256:${'0123456789abcdef'.repeat(4)}`;

const imagesOf = (pod: string, list: string) => `${pod}.spec.?${list}.orValue([]).all(c, c.image in params.data["known"].split("\\n"))`;
const KNOWN = ['containers', 'initContainers', 'ephemeralContainers'].flatMap((list) => [
  `${imagesOf('object', list)} || object.metadata.?labels[?"acme.example/emergency"].orValue("") != ""`,
  `oldObject == null || ${imagesOf('oldObject', list)} || oldObject.metadata.name == object.metadata.name`,
]);
const PROMOTED = ['(oldObject == null ? "" : oldObject.?data[?"known"].orValue("")) == object.?data[?"known"].orValue("")'];
const PROMOTER = ['', '.metadata', '.spec', '.spec.template', '.spec.template.metadata', '.spec.template.spec', '.spec.strategy'].map(
  (path) =>
    `size(oldObject${path}) == size(object${path}) && object${path}.all(k, k in oldObject${path} && (k in ["image"] || oldObject${path}[k] == object${path}[k]))`,
);

for (const stage of ['staging', 'production']) {
  const namespace = stage === 'production' ? 'storefront' : `storefront-${stage}`;
  const chart = new Chart(app, stage, { namespace });
  const metadata = (name: string) => ({ name, namespace, labels: labels(name, stage) });

  for (const { name, serves, replicas } of WORKLOADS) {
    account(chart, metadata(name));
    deployment(chart, metadata(name), replicas);
    budget(chart, metadata(name));
    if (serves) service(chart, metadata(name));
  }
  for (const name of ['scanner', 'exporter']) {
    account(chart, metadata(name));
    access(chart, metadata(name));
  }
  deployment(chart, metadata('exporter'), 1);
  service(chart, metadata('exporter'));
  scan(chart, metadata('scanner'));
  for (const name of ['settings', 'evidence-web', 'evidence-api', 'evidence-worker']) config(chart, metadata(name));
  script(chart, metadata('script'));
  monitor(chart, metadata('exporter'));
  rules(chart, metadata('alerts'));
  config(chart, metadata('guard'));
  guard(chart, metadata('known'), KNOWN);
  if (stage === 'production') {
    account(chart, metadata('promoter'));
    access(chart, metadata('promoter'));
    access(chart, { ...metadata('promoter-before'), namespace: 'storefront-staging' });
    config(chart, metadata('promotion'));
    lease(chart, metadata('promotion'));
    scan(chart, metadata('promoter'));
    guard(chart, metadata('promoted'), PROMOTED);
    guard(chart, metadata('promoter'), PROMOTER);
  }
}
app.synth();

type Metadata = { readonly name: string; readonly namespace: string; readonly labels: Record<string, string> };

function account(chart: Chart, metadata: Metadata): void {
  new ApiObject(chart, `account-${metadata.name}`, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata,
    automountServiceAccountToken: false,
  });
}

function podSpec(name: string) {
  return {
    serviceAccountName: name,
    automountServiceAccountToken: false,
    securityContext: podContext,
    terminationGracePeriodSeconds: 35,
    imagePullSecrets: [{ name: 'registry' }],
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: { 'app.kubernetes.io/name': name } },
        matchLabelKeys: ['pod-template-hash'],
      },
    ],
    containers: [container(name)],
    volumes: [{ name: 'tmp', emptyDir: { sizeLimit: `${Size.mebibytes(256).toMebibytes()}Mi` } }],
  };
}

function container(name: string) {
  return {
    name,
    image: image(name),
    imagePullPolicy: 'IfNotPresent',
    ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
    env: [
      { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'DATABASE_URL', valueFrom: { secretKeyRef: { name: 'database', key: 'url' } } },
    ],
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
    readinessProbe: { httpGet: { path: '/healthz', port: 'http' } },
    livenessProbe: { httpGet: { path: '/livez', port: 'http' } },
    securityContext: restricted,
    lifecycle: { preStop: { sleep: { seconds: 5 } } },
    volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
  };
}

function deployment(chart: Chart, metadata: Metadata, replicas: number): void {
  const selector = { matchLabels: { 'app.kubernetes.io/name': metadata.name } };
  new ApiObject(chart, `deployment-${metadata.name}`, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: {
      replicas,
      selector,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: '25%' } },
      minReadySeconds: 10,
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 5,
      template: { metadata: { labels: metadata.labels }, spec: podSpec(metadata.name) },
    },
  });
}

function budget(chart: Chart, metadata: Metadata): void {
  new ApiObject(chart, `budget-${metadata.name}`, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata,
    spec: {
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: { matchLabels: { 'app.kubernetes.io/name': metadata.name } },
    },
  });
}

function service(chart: Chart, metadata: Metadata): void {
  new ApiObject(chart, `service-${metadata.name}`, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: {
      selector: { 'app.kubernetes.io/name': metadata.name },
      ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }],
    },
  });
}

function access(chart: Chart, metadata: Metadata): void {
  new ApiObject(chart, `role-${metadata.name}`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata,
    rules: [
      { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'update'], resourceNames: ['evidence-web', 'evidence-api'] },
      { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
      { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'], resourceNames: WORKLOADS.map(({ name }) => name) },
    ],
  });
  new ApiObject(chart, `binding-${metadata.name}`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: metadata.name },
    subjects: [{ kind: 'ServiceAccount', name: metadata.name, namespace: metadata.namespace }],
  });
}

function scan(chart: Chart, metadata: Metadata): void {
  const containers = ['fetch', 'trivy', 'grype'].map(container);
  new ApiObject(chart, `scan-${metadata.name}`, {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata,
    spec: {
      schedule: '17 3 * * *',
      timeZone: 'Europe/Berlin',
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds: 3600,
      jobTemplate: {
        spec: {
          backoffLimit: 1,
          template: { metadata: { labels: metadata.labels }, spec: { ...podSpec('scanner'), containers, restartPolicy: 'Never' } },
        },
      },
    },
  });
}

function lease(chart: Chart, metadata: Metadata): void {
  new ApiObject(chart, 'lease', { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata });
}

function config(chart: Chart, metadata: Metadata): void {
  new ApiObject(chart, `config-${metadata.name}`, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...metadata, annotations: { 'acme.example/repository': `registry.acme.example/storefront/${metadata.name}` } },
    data: { 'config.json': JSON.stringify({ stage: metadata.namespace, workloads: WORKLOADS }) },
  });
}

function guard(chart: Chart, { name, namespace, labels }: Metadata, expressions: readonly string[]): void {
  const message = `What is ${name} in ${namespace} is decided by a review, and by nobody else: ask the team storefront.`;
  new ApiObject(chart, `guard-${name}`, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: `${namespace}-${name}`, labels },
    spec: {
      failurePolicy: 'Fail',
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      matchConstraints: {
        resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['pods'] }],
      },
      validations: expressions.map((expression) => ({ expression, message, reason: 'Forbidden' })),
    },
  });
  new ApiObject(chart, `guard-binding-${name}`, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: `${namespace}-${name}`, labels },
    spec: {
      policyName: `${namespace}-${name}`,
      matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } },
      paramRef: { name: 'config-guard', namespace, parameterNotFoundAction: 'Deny' },
      validationActions: ['Deny'],
    },
  });
}

/** The same program as Patchway's scans run: whoever writes this by hand has to mount one, too. */
function script(chart: Chart, metadata: Metadata): void {
  const program = readFileSync(new URL('../lib/agent.mjs', import.meta.url), 'utf8');
  new ApiObject(chart, 'script', { apiVersion: 'v1', kind: 'ConfigMap', metadata, immutable: true, data: { 'agent.mjs': program } });
}

function monitor(chart: Chart, metadata: Metadata): void {
  new ApiObject(chart, 'monitor', {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'ServiceMonitor',
    metadata,
    spec: { selector: { matchLabels: { 'app.kubernetes.io/name': metadata.name } }, endpoints: [{ port: 'http', honorLabels: true }] },
  });
}

function rules(chart: Chart, metadata: Metadata): void {
  const alerts = ['ScanMissing', 'ScanFailing', 'FindingOverdue', 'ExploitedFinding', 'RolloutStuck', 'BelowBudget', 'MetricsAbsent'];
  new ApiObject(chart, 'rules', {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata,
    spec: {
      groups: [
        {
          name: 'storefront',
          rules: alerts.map((alert) => ({
            alert,
            expr: `time() - acme_${alert.toLowerCase()}_timestamp_seconds{namespace="${metadata.namespace}"} > 129600`,
            for: '15m',
            labels: { severity: 'warning', team: 'storefront' },
            annotations: {
              summary: `${alert} in {{ $labels.namespace }}`,
              description: `{{ $labels.workload }} in {{ $labels.namespace }} has had this for {{ $value | humanizeDuration }}.`,
              runbook_url: `https://runbooks.acme.example/${alert}.md`,
            },
          })),
        },
      ],
    },
  });
}
