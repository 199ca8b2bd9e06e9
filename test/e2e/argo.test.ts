import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  analyses,
  answer,
  argoPolicy,
  deploy,
  hasArgo,
  lockOf,
  reaches,
  release,
  releaseAdopted,
  running,
  startArgo,
  stopArgo,
  type Written,
} from './argo-support.js';
import { freshNamespace, hasCluster, kubectl, kubectlJson } from './cluster.js';
import { runPromotion } from './kinds-support.js';

const CANARY = 'argo-canary';
const BLUE_GREEN = 'argo-blue-green';
const ADOPTED = 'argo-adopted';
const STAGING = 'argo-staging';
const PRODUCTION = 'argo-production';
const NAMESPACES = [CANARY, BLUE_GREEN, ADOPTED, STAGING, PRODUCTION];

const three = (tag: string) => [tag, tag, tag];

/** What a namespace serves, and which pods it runs, once its Rollout is where it should be. */
async function settled(namespace: string, phase: 'Healthy' | 'Degraded') {
  await reaches(namespace, phase);
  return { answer: await answer(namespace), running: await running(namespace), analyses: await analyses(namespace) };
}

/** Steps of one block follow one another: each starts from what the one before has left. */
describe.runIf(hasCluster() && hasArgo())('rolling by Argo Rollouts', () => {
  beforeAll(async () => {
    await startArgo();
    await Promise.all(NAMESPACES.map(freshNamespace));
  });
  afterAll(async () => {
    stopArgo();
    await kubectl(['delete', 'namespace', ...NAMESPACES, '--ignore-not-found', '--wait=false']);
  });

  describe('a canary', () => {
    const canary = (tag: string, says: string) => release({ namespace: CANARY, strategy: 'canary', tag, says });

    it('runs its steps to the end, and the agent verifies each', async () => {
      await canary('1.0.0', '1.0.0');
      expect(await settled(CANARY, 'Healthy')).toEqual({ answer: '1.0.0', running: three('1.0.0'), analyses: [] });
      await canary('1.0.1', '1.0.1');
      expect(await settled(CANARY, 'Healthy')).toEqual({
        answer: '1.0.1',
        running: three('1.0.1'),
        analyses: ['Successful', 'Successful'],
      });
    });

    it('is taken back where the new version does not answer as it should', async () => {
      await canary('1.0.2', 'something else');
      expect(await settled(CANARY, 'Degraded')).toMatchObject({ answer: '1.0.1', running: three('1.0.1') });
      expect(await analyses(CANARY)).toEqual(['Successful', 'Successful', 'Failed']);
    });

    it('is taken back where the new version never becomes ready', async () => {
      await canary('broken', 'broken');
      expect(await settled(CANARY, 'Degraded')).toMatchObject({ answer: '1.0.1', running: three('1.0.1') });
    });

    it('is healthy again once the old version is asked for', async () => {
      await canary('1.0.1', '1.0.1');
      expect(await settled(CANARY, 'Healthy')).toMatchObject({ answer: '1.0.1', running: three('1.0.1') });
    });
  });

  describe('blue-green', () => {
    const blueGreen = (tag: string, says: string) => release({ namespace: BLUE_GREEN, strategy: 'blueGreen', tag, says });

    it('switches the Service once the new version is verified', async () => {
      await blueGreen('1.0.0', '1.0.0');
      expect(await settled(BLUE_GREEN, 'Healthy')).toMatchObject({ answer: '1.0.0', analyses: [] });
      await blueGreen('1.0.1', '1.0.1');
      expect(await settled(BLUE_GREEN, 'Healthy')).toMatchObject({ answer: '1.0.1', analyses: ['Successful'] });
    });

    it('leaves the Service where it is when the new version fails', async () => {
      await blueGreen('1.0.2', 'something else');
      expect(await settled(BLUE_GREEN, 'Degraded')).toMatchObject({ answer: '1.0.1', analyses: ['Successful', 'Failed'] });
    });
  });

  describe('a Deployment that stays', () => {
    const adopted = (tag: string, written: Written = {}) =>
      releaseAdopted({ namespace: ADOPTED, strategy: 'canary', tag, says: tag }, written);
    const replicas = async () =>
      (await kubectlJson<{ spec: { replicas: number } }>(['-n', ADOPTED, 'get', 'deployment', 'web'])).spec.replicas;

    it('gives its pods to the Rollout', async () => {
      await adopted('1.0.0', { replicas: 3 });
      expect(await settled(ADOPTED, 'Healthy')).toMatchObject({ answer: '1.0.0', running: three('1.0.0') });
      expect(await replicas()).toBe(0);
    });

    it('is rolled by canary when its image changes', async () => {
      await adopted('1.0.1');
      expect(await settled(ADOPTED, 'Healthy')).toEqual({
        answer: '1.0.1',
        running: three('1.0.1'),
        analyses: ['Successful', 'Successful'],
      });
      expect(await replicas()).toBe(0);
    });
  });

  describe('a promotion', () => {
    const policy = argoPolicy({ namespace: PRODUCTION, strategy: 'canary' }, [
      { name: 'staging', namespace: STAGING, replicas: 3 },
      { name: 'production', namespace: PRODUCTION, replicas: 3, after: ['staging'], soak: '0s' },
    ]);
    const to = async (stage: 'staging' | 'production', tag: string, written: Written = {}) => {
      await deploy(policy, stage, lockOf(tag, ['staging', 'production']), written);
      return settled(stage === 'staging' ? STAGING : PRODUCTION, 'Healthy');
    };

    it('waits until the canary is through', async () => {
      await Promise.all([to('staging', '1.0.0'), to('production', '1.0.0')]);
      await to('staging', '1.0.1');
      const log = await runPromotion(PRODUCTION, 'production');
      expect(log).toMatch(/promoted: Stage production runs web:1\.0\.1 /);
      expect(await settled(PRODUCTION, 'Healthy')).toMatchObject({ answer: '1.0.1', running: three('1.0.1') });
    });

    it('puts the old images back when the canary is aborted', async () => {
      await to('staging', 'broken', { serve: true });
      const log = await runPromotion(PRODUCTION, 'production');
      expect(log).toMatch(/roll back: .*Argo Rollouts says Degraded/);
      expect(log).toMatch(/rolled back: Stage production runs web:1\.0\.1 /);
      expect(await settled(PRODUCTION, 'Healthy')).toMatchObject({ answer: '1.0.1', running: three('1.0.1') });
    });
  });
});
