import { describe, expect, it } from 'vitest';
import { drift } from '../../../src/cli/drift.js';
import { applyEdits } from '../../../src/manifest/edit.js';
import type { Manifest } from '../../../src/manifest/manifest.js';
import type { PolicyInput } from '../../../src/policy/input.js';
import { DIGEST } from '../../rollout/fixture.js';
import { runIn, sandbox } from '../fake-io.js';
import { clusterOf, lock, PLATFORM, POLICY, podOf } from './cluster.js';

const OTHER = `sha256:${'f'.repeat(64)}`;
const IMAGE = ['spec', 'template', 'spec', 'containers', 0, 'image'];
const set = (path: readonly (string | number)[], value: string | number) => (found: Manifest) => applyEdits(found, [{ path, value }]);

async function look(
  cluster: ReturnType<typeof clusterOf>,
  options: { readonly stage?: string; readonly format?: string } = {},
  changes: Partial<PolicyInput<string>> = {},
) {
  const { cwd } = sandbox({ 'patch-policy.json': JSON.stringify({ ...POLICY, ...changes }), 'images.lock.yaml': JSON.stringify(lock) });
  let stdout = '';
  const io = {
    out: (text: string) => {
      stdout += text;
    },
    err: () => undefined,
    stdin: async () => '',
    color: false,
    env: {},
    cwd,
    now: Date.now,
  };
  const stage = options.stage ?? 'production';
  const code = await drift({ policy: 'patch-policy.json', ...options, stage }, io, { connect: async () => cluster });
  return { code, stdout };
}

describe('drift', () => {
  it('is none where the cluster has what synthesis wrote', async () => {
    expect(await look(clusterOf('production'))).toEqual({ code: 0, stdout: '1 workload: 1 in sync.\n' });
  });

  it('is none where a platform of the locked index runs', async () => {
    const cluster = clusterOf('production');
    cluster.change(set(IMAGE, `ghcr.io/acme/web@${PLATFORM}`));
    expect((await look(cluster)).code).toBe(0);
  });

  it.each<[string, (found: Manifest) => Manifest, string]>([
    [
      'another digest',
      set(IMAGE, `ghcr.io/acme/web:1.4.1@${OTHER}`),
      `container web is to run ghcr.io/acme/web:1.4.1@${DIGEST}, and is set to ghcr.io/acme/web:1.4.1@${OTHER}`,
    ],
    ['a tag', set(IMAGE, 'ghcr.io/acme/web:1.4.1'), 'and is set to ghcr.io/acme/web:1.4.1\n'],
    ['another repository', set(IMAGE, `ghcr.io/evil/web:1.4.1@${DIGEST}`), 'and is set to ghcr.io/evil/web'],
    [
      'a container more',
      set(['spec', 'template', 'spec', 'initContainers'], [{ name: 'miner', image: 'xmrig' }] as never),
      'container miner is to run no such container, and is set to xmrig',
    ],
    ['a setting', set(['spec', 'minReadySeconds'], 0), 'spec.minReadySeconds is to be 10, and is 0'],
    ['a pace', set(['spec', 'strategy', 'rollingUpdate', 'maxUnavailable'], 2), 'maxUnavailable is to be 0, and is 2'],
  ])('is told of %s', async (_, change, expected) => {
    const cluster = clusterOf('production');
    cluster.change(change);
    const { code, stdout } = await look(cluster);
    expect(stdout).toContain('production: Deployment/web (namespace shop)\n');
    expect(stdout).toContain(expected);
    expect(code).toBe(2);
  });

  it('is told of a workload that is not there', async () => {
    const cluster = clusterOf('production');
    cluster.objects.delete(cluster.web);
    expect(await look(cluster)).toEqual({
      code: 2,
      stdout: "production: Deployment/web (namespace shop) is not there. Apply the stage's manifests.\n1 workload: 1 missing.\n",
    });
  });

  it('takes what was promoted for what is to run, before the lock', async () => {
    const cluster = clusterOf('production');
    const state = {
      schemaVersion: 1,
      policyHash: 'x',
      workloads: { web: { current: { 'ghcr.io/acme/web:1.4': { tag: '1.4.3', digest: OTHER } } } },
      step: 'idle',
      refused: [],
      history: [],
    };
    const path = '/api/v1/namespaces/shop/configmaps/patchway-promotion-production';
    cluster.objects.set(path, { ...(cluster.objects.get(path) as Manifest), data: { state: JSON.stringify(state) } });
    expect((await look(cluster)).stdout).toContain(
      `is to run ghcr.io/acme/web:1.4.3@${OTHER}, and is set to ghcr.io/acme/web:1.4.1@${DIGEST}`,
    );
    cluster.change(set(IMAGE, `ghcr.io/acme/web:1.4.3@${OTHER}`));
    expect((await look(cluster)).code).toBe(0);
  });

  it('tells pods that run something else than their workload asks for', async () => {
    const cluster = clusterOf('staging');
    const web = cluster.objects.get(cluster.web) as Manifest;
    cluster.lists.set('pods', [podOf(web, 'web-1'), podOf(web, 'web-2', `ghcr.io/acme/web:1.3@${OTHER}`)]);
    const { code, stdout } = await look(cluster, { stage: 'staging' });
    expect(stdout).toContain(
      `  pod web-2 on node-1 runs ghcr.io/acme/web:1.3@${OTHER} in web, though its workload asks for ghcr.io/acme/web:1.4.2@${DIGEST}\n`,
    );
    expect(stdout).not.toContain('web-1');
    expect(code).toBe(2);
  });

  it('leaves alone pods of a rollout under way, pods that end, and pods of others', async () => {
    const cluster = clusterOf('staging');
    const web = cluster.objects.get(cluster.web) as Manifest;
    const old = podOf(web, 'web-2', `ghcr.io/acme/web:1.3@${OTHER}`);
    const ending = { ...old, metadata: { ...old.metadata, deletionTimestamp: '2026-11-21T10:00:00Z' } };
    cluster.lists.set('pods', [ending, { ...old, metadata: { name: 'stranger', labels: { app: 'other' } } }]);
    expect((await look(cluster, { stage: 'staging' })).code).toBe(0);
    cluster.lists.set('pods', [old]);
    cluster.change(set(['status', 'updatedReplicas'], 1));
    expect((await look(cluster, { stage: 'staging' })).code).toBe(0);
  });

  it.each([
    ['goes through its steps', 'Progressing', 0],
    ['was taken back', 'Degraded', 2],
  ])('of a Rollout that %s', async (_, phase, expected) => {
    const cluster = clusterOf('staging', { rollout: { strategy: 'canary' } });
    const rollout = cluster.objects.get(cluster.rollout) as Manifest;
    cluster.objects.set(cluster.rollout, { ...rollout, status: { phase } });
    cluster.lists.set('pods', [podOf(rollout, 'web-2', `ghcr.io/acme/web:1.3@${OTHER}`)]);
    expect((await look(cluster, { stage: 'staging' }, { rollout: { strategy: 'canary' } })).code).toBe(expected);
  });

  it('of a Deployment waits for the Rollout that has its pods', async () => {
    const spec = { workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } };
    const cluster = clusterOf('staging', {}, [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata: { name: 'web' }, spec }]);
    const web = cluster.objects.get(cluster.web) as Manifest;
    const rollout = cluster.objects.get(cluster.rollout) as Manifest;
    const status = (phase: string) => ({ ...rollout, status: { phase, workloadObservedGeneration: '1' } });
    cluster.lists.set('pods', [podOf(web, 'web-2', `ghcr.io/acme/web:1.3@${OTHER}`)]);
    cluster.objects.set(cluster.rollout, status('Progressing'));
    expect((await look(cluster, { stage: 'staging' })).code).toBe(0);
    cluster.objects.set(cluster.rollout, status('Healthy'));
    expect((await look(cluster, { stage: 'staging' })).stdout).toContain('pod web-2 on node-1 runs');
  });

  it('is JSON, and metrics', async () => {
    const cluster = clusterOf('production');
    cluster.change(set(['spec', 'minReadySeconds'], 0));
    expect(JSON.parse((await look(cluster, { format: 'json' })).stdout)).toEqual({
      schemaVersion: 1,
      policy: 'storefront',
      workloads: [
        {
          stage: 'production',
          namespace: 'shop',
          kind: 'Deployment',
          workload: 'web',
          state: 'drifted',
          differences: [{ what: 'setting', path: 'spec.minReadySeconds', expected: 10, actual: 0 }],
        },
      ],
    });
    const { stdout } = await look(cluster, { format: 'metrics' });
    const labels = 'policy="storefront",stage="production",namespace="shop",workload="web"';
    expect(stdout).toContain(`patchway_drift{${labels}} 1\n`);
    expect(stdout).toContain(`patchway_drift_differences{${labels},what="setting"} 1\n`);
    expect(stdout).toContain(`patchway_drift_differences{${labels},what="image"} 0\n`);
  });

  it.each([
    [{ format: 'xml' }, '--format xml: use text, json, metrics.'],
    [{ stage: 'prod' }, '--stage prod: the policy has no such stage; it has staging, production.'],
  ])('says what is wrong with %j', async (options, message) => {
    await expect(look(clusterOf('production'), options)).rejects.toThrow(message);
  });

  it('says where the cluster has no such stage', async () => {
    const cluster = clusterOf('production');
    cluster.objects.clear();
    await expect(look(cluster)).rejects.toThrow(
      'stage production: there is no CronJob patchway-promotion-production or patchway-scan-production',
    );
  });

  it('is a command', async () => {
    const { code, stderr } = await runIn(sandbox().cwd, ['drift', '--format', 'xml']);
    expect(code).toBe(64);
    expect(stderr).toContain('use text, json, metrics');
  });
});
