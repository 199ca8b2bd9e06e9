import { describe, expect, it } from 'vitest';
import type { AgentContext } from '../../src/agent/context.js';
import { readStage } from '../../src/agent/export-state.js';
import type { KubernetesObject } from '../../src/agent/kubernetes.js';
import { runningImage } from '../../src/agent/scan/running.js';
import { WORKLOAD_KINDS, type WorkloadKind, workloadPath } from '../../src/manifest/kinds.js';
import { scanTargets } from '../../src/manifest/workload.js';
import { digest, workload } from '../promotion/support.js';
import { policy, staging } from '../rules/storefront.js';

const KINDS = Object.keys(WORKLOAD_KINDS) as WorkloadKind[];
const image = (letter: string) => `ghcr.io/acme/web:1.4.1@${digest(letter)}`;

function object(kind: WorkloadKind, letter: string, rest: { readonly spec?: object; readonly status?: object } = {}): object {
  const template = { spec: { containers: [{ name: 'web', image: image(letter) }] } };
  const spec = kind === 'CronJob' ? { jobTemplate: { spec: { template } } } : { template };
  return { metadata: { name: 'web' }, spec: { ...spec, ...rest.spec }, status: rest.status };
}

const clusterOf = (objects: Readonly<Record<string, object>>) => ({
  get: async (path: string) => objects[path] as KubernetesObject | undefined,
});
const place = (kind: WorkloadKind, name = 'web') => workloadPath(kind, staging.namespace, name);

describe('what runs', () => {
  it.each(KINDS)('is what a %s names, for scans', async (kind) => {
    const workloads = [{ ...workload('web', 'A'), kind }];
    const [target] = scanTargets(workloads);
    const cluster = clusterOf({ [place(kind)]: object(kind, 'B') });
    expect(target && (await runningImage(cluster, staging.namespace, target, workloads))).toMatchObject({ digest: digest('B') });
  });

  it('is what runs most often, a DaemonSet on each of its nodes', async () => {
    const workloads = [
      { ...workload('web', 'A'), name: 'one' },
      { ...workload('web', 'A'), kind: 'DaemonSet' as const, name: 'nodes' },
      { ...workload('web', 'A'), kind: 'CronJob' as const, name: 'report' },
    ];
    const [target] = scanTargets(workloads);
    const cluster = clusterOf({
      [place('Deployment', 'one')]: object('Deployment', 'A', { spec: { replicas: 2 } }),
      [place('DaemonSet', 'nodes')]: object('DaemonSet', 'B', { status: { desiredNumberScheduled: 3 } }),
      [place('CronJob', 'report')]: object('CronJob', 'C'),
    });
    expect(target && (await runningImage(cluster, staging.namespace, target, workloads))).toMatchObject({ digest: digest('B') });
  });

  it.each(KINDS)('is what a %s names, for metrics', async (kind) => {
    const context: AgentContext = {
      config: { schemaVersion: 1, policy, stage: 'staging', workloads: [{ ...workload('web', 'A'), kind }] },
      cluster: clusterOf({ [place(kind)]: object(kind, 'B') }) as AgentContext['cluster'],
      env: {},
      now: () => 0,
      sleep: async () => {},
      log: () => {},
    };
    expect((await readStage(context)).running?.get('web')).toEqual({ web: image('B') });
  });
});
