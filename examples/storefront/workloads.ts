import type { Workload } from 'patchway/cdk8s';

const REGISTRY = 'registry.acme.example/storefront';
const pullSecrets = ['registry'];

/** The pages that customers see. */
const web: Workload = {
  name: 'web',
  image: `${REGISTRY}/web:1`,
  replicas: 3,
  ports: [{ name: 'http', port: 8080, servicePort: 80 }],
  readiness: { http: '/healthz' },
  liveness: { http: '/livez' },
  env: { API_URL: 'http://api' },
  resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
  volumes: [{ name: 'cache', mountPath: '/var/cache/web', emptyDir: { sizeLimit: '256Mi' } }],
  pullSecrets,
};

/** Orders and stock. */
const api: Workload = {
  name: 'api',
  image: `${REGISTRY}/api:2`,
  replicas: 2,
  ports: [{ name: 'http', port: 8080, servicePort: 80 }],
  readiness: { http: '/ready' },
  env: { DATABASE_URL: { secretKeyRef: { name: 'database', key: 'url' } } },
  resources: { requests: { cpu: '250m', memory: '256Mi' }, limits: { memory: '512Mi' } },
  pullSecrets,
};

/** Sends what the API has queued; nobody sends requests to it. */
const worker: Workload = {
  name: 'worker',
  image: `${REGISTRY}/worker:2`,
  args: ['--queue', 'orders'],
  readiness: { exec: { command: ['/worker', 'check'] }, periodSeconds: 30 },
  env: { DATABASE_URL: { secretKeyRef: { name: 'database', key: 'url' } } },
  resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '128Mi' } },
  pullSecrets,
};

export const workloads: readonly Workload[] = [web, api, worker];
