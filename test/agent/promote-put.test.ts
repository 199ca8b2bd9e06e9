import { describe, expect, it } from 'vitest';
import type { JsonPatch, KubernetesObject } from '../../src/agent/kubernetes.js';
import { giveUpFields, putInPlace } from '../../src/agent/promote/put.js';
import { deleteBlockingPods } from '../../src/agent/promote/unblock.js';
import { type WorkloadKind, workloadPath } from '../../src/manifest/kinds.js';
import type { WorkloadSummary } from '../../src/manifest/stage-config.js';
import { PatchwayError } from '../../src/problem.js';
import { digest, sets, workload } from '../promotion/support.js';

const path = (kind: WorkloadKind, name = 'web') => workloadPath(kind, 'shop', name);

/** Objects by path, and what was asked to be done to them. */
function clusterOf(objects: Readonly<Record<string, object>>) {
  const done: { readonly path: string; readonly body: unknown }[] = [];
  const answer = async (at: string) => objects[at] as KubernetesObject;
  return {
    done,
    get: answer,
    apply: async (at: string, body: unknown) => {
      done.push({ path: at, body });
      return answer(at);
    },
    edit: async (at: string, body: readonly JsonPatch[]) => {
      done.push({ path: at, body });
      return answer(at);
    },
    remove: async (at: string, uid: string) => {
      if (uid === 'forbidden') throw new PatchwayError('this account may not do that (403)');
      done.push({ path: at, body: uid });
    },
  };
}

const summary = (kind: WorkloadKind): WorkloadSummary => {
  const web = workload('web', 'A');
  return { ...web, kind, images: [...web.images, ...web.images.map((image) => ({ ...image, container: 'setup', init: true }))] };
};
const IMAGE = `ghcr.io/acme/web:1.4.1@${digest('B')}`;
const pod = { containers: [{ name: 'web', image: IMAGE }], initContainers: [{ name: 'setup', image: IMAGE }] };

describe('putting images in place', () => {
  it.each([
    ['Deployment', 'apps/v1', { template: { spec: pod } }],
    ['StatefulSet', 'apps/v1', { template: { spec: pod } }],
    ['DaemonSet', 'apps/v1', { template: { spec: pod } }],
    ['CronJob', 'batch/v1', { jobTemplate: { spec: { template: { spec: pod } } } }],
  ] as const)('applies nothing but names and images of a %s', async (kind, apiVersion, spec) => {
    const cluster = clusterOf({});
    await putInPlace(cluster, 'shop', [summary(kind)], sets('B'));
    expect(cluster.done).toEqual([{ path: path(kind), body: { apiVersion, kind, metadata: { name: 'web', namespace: 'shop' }, spec } }]);
  });

  it('edits an Argo Rollout, whose list of containers is one value', async () => {
    const spec = { containers: [{ name: 'proxy', image: 'envoy' }, { name: 'web' }], initContainers: [{ name: 'setup' }] };
    const cluster = clusterOf({ [path('Rollout')]: { spec: { template: { spec } } } });
    await putInPlace(cluster, 'shop', [summary('Rollout')], sets('B'));
    expect(cluster.done).toEqual([
      {
        path: path('Rollout'),
        body: [
          { op: 'test', path: '/spec/template/spec/containers/1/name', value: 'web' },
          { op: 'replace', path: '/spec/template/spec/containers/1/image', value: IMAGE },
          { op: 'test', path: '/spec/template/spec/initContainers/0/name', value: 'setup' },
          { op: 'replace', path: '/spec/template/spec/initContainers/0/image', value: IMAGE },
        ],
      },
    ]);
  });

  it('leaves alone what is not to be moved', async () => {
    const cluster = clusterOf({});
    await putInPlace(cluster, 'shop', [{ ...summary('Deployment'), name: 'other' }], sets('B'));
    expect(cluster.done).toEqual([]);
  });
});

describe('giving up the image fields', () => {
  const managed = (...managers: readonly string[]) => ({
    [path('Deployment')]: { metadata: { managedFields: managers.map((manager) => ({ manager })) } },
  });

  it('forgets the promoter among the managers, and nobody else', async () => {
    const cluster = clusterOf(managed('kubectl', 'patchway-promotion', 'kube-controller-manager'));
    await giveUpFields(cluster, 'shop', [summary('Deployment')]);
    expect(cluster.done).toEqual([
      {
        path: path('Deployment'),
        body: [
          { op: 'test', path: '/metadata/managedFields/1/manager', value: 'patchway-promotion' },
          { op: 'remove', path: '/metadata/managedFields/1' },
        ],
      },
    ]);
  });

  it.each([[managed('kubectl')], [{}], [{ [path('Deployment')]: { metadata: {} } }]])(
    'does nothing where it owns none',
    async (objects) => {
      const cluster = clusterOf(objects);
      await giveUpFields(cluster, 'shop', [summary('Deployment')]);
      expect(cluster.done).toEqual([]);
    },
  );
});

describe('a pod that keeps a StatefulSet from going back', () => {
  const statefulSet = (spec: object = {}, metadata: object = {}) => ({
    metadata: { name: 'web', generation: 4, ...metadata },
    spec: { replicas: 2, ...spec },
    status: { observedGeneration: 4, updateRevision: 'web-old' },
  });
  const pod = (revision: string, ready: boolean, changes: object = {}) => ({
    metadata: { uid: `uid-${revision}`, labels: { 'controller-revision-hash': revision }, ...changes },
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  });
  const remove = async (set: object, pods: Readonly<Record<string, object>>) => {
    const named = Object.fromEntries(Object.entries(pods).map(([name, each]) => [`/api/v1/namespaces/shop/pods/${name}`, each]));
    const cluster = clusterOf({ [path('StatefulSet')]: set, ...named });
    const logged: string[] = [];
    const world = { cluster: { ...cluster, create: cluster.apply, replace: cluster.apply }, log: (line: string) => logged.push(line) };
    await deleteBlockingPods(world, 'shop', [summary('StatefulSet')]);
    return { removed: cluster.done.map((each) => each.path.split('/').at(-1)), logged };
  };

  it('is deleted: it is of the version that failed, and not ready', async () => {
    const { removed, logged } = await remove(statefulSet(), { 'web-0': pod('web-old', true), 'web-1': pod('web-new', false) });
    expect(removed).toEqual(['web-1']);
    expect(logged).toEqual(['pod web-1 never became ready and kept StatefulSet web from going back: deleted.']);
  });

  it.each([
    ['it is of the old version', statefulSet(), pod('web-old', false)],
    ['it is ready', statefulSet(), pod('web-new', true)],
    ['it is going already', statefulSet(), pod('web-new', false, { deletionTimestamp: '2026-11-21T12:00:00Z' })],
    ['the controller has not seen the old images', statefulSet({}, { generation: 5 }), pod('web-new', false)],
    ['pods are not ordered', statefulSet({ podManagementPolicy: 'Parallel' }), pod('web-new', false)],
    ['the author deletes pods', statefulSet({ updateStrategy: { type: 'OnDelete' } }), pod('web-new', false)],
  ])('is left alone where %s', async (_, set, broken) => {
    expect(await remove(set, { 'web-1': broken })).toEqual({ removed: [], logged: [] });
  });

  it('is found under the ordinals that its StatefulSet has', async () => {
    expect((await remove(statefulSet({ ordinals: { start: 5 } }), { 'web-6': pod('web-new', false) })).removed).toEqual(['web-6']);
  });

  it('is told of where it may not be deleted', async () => {
    const { logged } = await remove(statefulSet(), { 'web-1': pod('web-new', false, { uid: 'forbidden' }) });
    expect(logged).toEqual([expect.stringMatching(/^pod web-1 may keep StatefulSet web from going back, and could not be deleted: .*403/)]);
  });
});
