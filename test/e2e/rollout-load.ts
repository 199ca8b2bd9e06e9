import { apply, digestOf, eventually, kubectl, REGISTRY } from './cluster.js';

/** What a client in the cluster has counted. */
export interface Load {
  readonly total: number;
  readonly failed: number;
  /** Seconds since it began. */
  readonly seconds: number;
  /** The first few failures, as the client met them. */
  readonly errors: readonly string[];
}

/** Requests a second; each on a connection of its own. */
const RATE = 40;

/**
 * Plain Node, as the pod has nothing else. It is told the Service's address:
 * a lost packet between the pod and the DNS server is no failure of the rollout. No answer for five seconds is a failure.
 */
const SCRIPT = `
import { request } from 'node:http';
const began = Date.now();
let [total, failed, open] = [0, 0, 0];
const errors = [];
const fail = (error) => { failed += 1; if (errors.length < 5) errors.push(String(error)); };
setInterval(() => {
  open += 1;
  const done = () => { total += 1; open -= 1; };
  const req = request({ host: process.env.TARGET, path: '/healthz', agent: false, timeout: 5000 }, (answer) => {
    answer.on('error', () => {});
    answer.resume().on('close', () => { if (answer.statusCode !== 200 || !answer.complete) fail(answer.statusCode); done(); });
  });
  req.on('timeout', () => req.destroy(new Error(req.socket?.connecting === false ? 'no answer' : 'no connection')));
  req.once('error', (error) => { fail(error.message); done(); });
  req.end();
}, ${1000 / RATE});
setInterval(() => console.log(JSON.stringify({ total, failed, seconds: (Date.now() - began) / 1000, errors })), 500);
process.on('SIGTERM', () => process.exit());
`;

const nameOf = (service: string) => `load-${service}`;

/** Starts a client in the namespace that requests a Service without a pause, and waits until it counts. */
export async function startLoad(namespace: string, service = 'web'): Promise<void> {
  const name = nameOf(service);
  const metadata = { name, namespace };
  const target = await kubectl(['-n', namespace, 'get', 'service', service, '-o', 'jsonpath={.spec.clusterIP}']);
  const container = {
    name,
    // By the digest of a tool, which may run where a guard holds.
    image: `${REGISTRY}/node:20@${digestOf('node:20')}`,
    command: ['node', '/load/load.mjs'],
    env: [{ name: 'TARGET', value: target }],
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
    volumeMounts: [{ name: 'load', mountPath: '/load' }],
  };
  const spec = {
    securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 1,
    containers: [container],
    volumes: [{ name: 'load', configMap: { name } }],
  };
  await apply(JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'load.mjs': SCRIPT } }));
  await apply(JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata, spec }));
  await eventually('the client counts', async () => ((await readLoad(namespace, service)).total > RATE ? true : undefined), 60);
}

/** Ends the client, which else takes its part of the machine. */
export async function stopLoad(namespace: string, service = 'web'): Promise<void> {
  await kubectl(['-n', namespace, 'delete', 'pod', nameOf(service), '--wait=false']);
}

/** What the client has counted by now. */
export async function readLoad(namespace: string, service = 'web'): Promise<Load> {
  const line = await kubectl(['-n', namespace, 'logs', nameOf(service), '--tail=1']);
  return JSON.parse(line) as Load;
}

/** What was counted between two readings. */
export function between(
  first: Load,
  last: Load,
): { readonly failed: number; readonly perSecond: number; readonly errors: readonly string[] } {
  const failed = last.failed - first.failed;
  return { failed, perSecond: (last.total - first.total) / (last.seconds - first.seconds), errors: failed === 0 ? [] : last.errors };
}
