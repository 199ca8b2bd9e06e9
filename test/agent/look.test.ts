import { expect, it } from 'vitest';
import { lookAt } from '../../src/agent/promote/look.js';
import { REFERENCE, workload } from '../promotion/support.js';

const web = { ...workload('web', 'A'), rolledBy: 'web-rollout' };
const containers = [{ name: 'web', image: `ghcr.io/acme/web:1.4.1@sha256:${'b'.repeat(64)}` }];
const OBJECTS: Readonly<Record<string, object>> = {
  '/apis/apps/v1/namespaces/shop/deployments/web': {
    metadata: { name: 'web', generation: 2 },
    spec: { replicas: 0, template: { spec: { containers } } },
  },
  '/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/web-rollout': {
    metadata: { name: 'web-rollout', generation: 1 },
    status: { observedGeneration: '1', workloadObservedGeneration: '2', phase: 'Degraded', message: 'RolloutAborted' },
  },
};

it('sees the images of a Deployment, and how far the Rollout is that has its pods', async () => {
  const cluster = { get: async (path: string) => OBJECTS[path] as never };
  const { web: seen } = await lookAt(cluster, { namespace: 'shop' }, [web]);
  expect(seen?.images[REFERENCE.web]?.digest).toBe(`sha256:${'b'.repeat(64)}`);
  expect(seen?.rollout).toEqual({ phase: 'stuck', why: 'Argo Rollouts says Degraded: RolloutAborted' });
  expect(await lookAt(cluster, { namespace: 'elsewhere' }, [web])).toEqual({});
});
