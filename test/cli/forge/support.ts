import { type DeployOptions, deploy } from '../../../src/cli/forge/deploy.js';
import { propose } from '../../../src/cli/forge/propose.js';
import type { Connect } from '../../../src/cli/forge/world.js';
import type { Io } from '../../../src/cli/io.js';
import type { Manifest } from '../../../src/manifest/manifest.js';
import type { Stage } from '../../../src/policy/policy.js';
import { FakeCluster, paths } from '../../agent/promote-cluster.js';
import { at, digest, image, NOW, REFERENCE, workload } from '../../promotion/support.js';
import { sandbox } from '../fake-io.js';

export const PRODUCTION = 'storefront';

const HOUR = 3_600_000;

/** A policy that promotes to production by a forge, without soak. */
export function policyOf(production: object = {}, more: object = {}): string {
  return JSON.stringify({
    name: 'storefront',
    scan: { schedule: '17 3 * * *', scanners: [{ kind: 'grype' }] },
    gate: { deadlines: { critical: '7d', high: '14d', medium: '30d', low: '90d' }, onMissingEvidence: 'warn' },
    rollout: { progressDeadline: '60s' },
    stages: [
      { name: 'staging', namespace: 'storefront-staging' },
      { name: 'production', namespace: PRODUCTION, after: ['staging'], ...production },
    ],
    promotion: { engine: 'github-actions' },
    ...more,
  });
}

const entry = (letter: string) =>
  `{tag: ${image(letter).tag}, digest: "${digest(letter)}", releasedAt: ${at(NOW - 9 * HOUR)}, releasedFrom: config}`;

/** A lock with web and api by letter. */
export function lockOf(staging: readonly [string, string], production: readonly [string, string]): string {
  const of = (index: 0 | 1) => `    staging: ${entry(staging[index])}\n    production: ${entry(production[index])}`;
  return `schemaVersion: 1\nimages:\n  ${REFERENCE.web}: # web\n${of(0)}\n  ${REFERENCE.api}:\n${of(1)}\n`;
}

const told = (locked: readonly [string, string], verify?: Stage['verify']) =>
  JSON.stringify({
    schemaVersion: 1,
    policy: { stages: [{ name: 'production', verify }] },
    stage: 'production',
    workloads: [workload('web', locked[0]), workload('api', locked[1])],
  });

/** A cluster where production's agents are told what they are told by synthesis. */
export function clusterOf(): FakeCluster {
  const cluster = new FakeCluster();
  const volumes = [{ name: 'config', configMap: { name: 'patchway-config-production-1' } }];
  cluster.put(`/apis/batch/v1/namespaces/${PRODUCTION}/cronjobs/patchway-scan-production`, {
    spec: { jobTemplate: { spec: { template: { spec: { volumes } } } } },
  });
  cluster.put(paths.configMap(PRODUCTION, 'patchway-config-production-1'), { data: { 'config.json': told(['A', 'X']) } });
  return cluster;
}

/** What synthesis writes for production, as far as deploying looks at it. */
export function manifestsOf(locked: readonly [string, string], verify?: Stage['verify']): string {
  const metadata = { name: 'patchway-config-production-1', namespace: PRODUCTION, labels: { 'patchway.dev/stage': 'production' } };
  const objects = [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'config.json': told(locked, verify) } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: PRODUCTION } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: 'storefront-staging' } },
    { apiVersion: 'v1', kind: 'Role', metadata: { name: 'theirs', namespace: PRODUCTION, labels: { 'patchway.dev/stage': 'staging' } } },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: PRODUCTION } },
  ];
  return objects.map((object) => JSON.stringify(object)).join('\n---\n');
}

/** A checkout, and clusters by their contexts: `''` is the current one. */
export function checkout(files: Readonly<Record<string, string>>, clusters: Readonly<Record<string, FakeCluster>>) {
  const { cwd, read, write, list } = sandbox(files);
  const closed: string[] = [];
  const applied: { readonly names: readonly string[]; readonly context: string | undefined }[] = [];
  let onApply = (_: readonly Manifest[]) => {};
  const [first] = Object.values(clusters);
  if (first === undefined) throw new Error('a checkout without clusters');
  const connect: Connect = async ({ context = '' }) => {
    const cluster = clusters[context];
    if (cluster === undefined) throw new Error(`nobody expected context ${context}`);
    const { get, create, replace, apply, edit, remove } = cluster;
    const bound = { get, create, replace, apply, edit, remove };
    const own = Object.fromEntries(Object.entries(bound).map(([name, method]) => [name, method.bind(cluster)])) as typeof bound;
    return { ...own, close: () => closed.push(context) };
  };
  const io = () => {
    const said: string[] = [];
    const talk: Io = {
      out: (text) => said.push(text),
      err: (text) => said.push(text),
      stdin: async () => '',
      color: false,
      env: {},
      cwd,
      now: () => first.now,
    };
    return { said, talk };
  };
  return {
    cwd,
    read,
    write,
    list,
    closed,
    applied,
    whenApplied: (act: typeof onApply) => {
      onApply = act;
    },
    propose: async (options: { readonly into?: string; readonly to?: string } = { into: 'out' }) => {
      const { said, talk } = io();
      const code = await propose({ to: 'production', policy: 'patch-policy.yaml', lock: 'images.lock.yaml', ...options }, talk, connect);
      return { code, said: said.join('') };
    },
    deploy: async (options: Partial<DeployOptions> = {}) => {
      const { said, talk } = io();
      const all = { to: 'production', policy: 'patch-policy.yaml', lock: 'images.lock.yaml', into: 'out', ...options };
      const code = await deploy(all, talk, {
        connect,
        apply: (manifests, { context }) => {
          applied.push({ names: manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`), context });
          onApply(manifests);
        },
        sleep: async (ms) => {
          first.now += ms;
        },
      });
      return { code, said: said.join('') };
    },
  };
}
