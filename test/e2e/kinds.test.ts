import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshNamespace, hasCluster, kubectl } from './cluster.js';
import { applyAll, kindsPolicy, type Rolled, rolledOut, runPromotion, synthesised, tagOf } from './kinds-support.js';
import { storeEvidence } from './promotion-support.js';

const STAGING = 'kinds-staging';
const PRODUCTION = 'kinds-production';
const policy = kindsPolicy({
  name: 'kinds',
  stages: [
    { name: 'staging', namespace: STAGING },
    { name: 'production', namespace: PRODUCTION, after: ['staging'] },
  ],
  autoRollback: true,
});

const database: Rolled = { kind: 'StatefulSet', name: 'database', replicas: 2 };
const rolling: readonly Rolled[] = [{ kind: 'Deployment', name: 'web', replicas: 2 }, database, { kind: 'DaemonSet', name: 'collector' }];
const workloads: readonly Rolled[] = [...rolling, { kind: 'CronJob', name: 'report' }];

async function deploy(stage: 'staging' | 'production', tag: string, options: { readonly serve?: boolean } = {}): Promise<void> {
  const { workloads: own, rest } = synthesised({ policy, stage, workloads, tag, ...options });
  await applyAll([...rest, ...own]);
  for (const workload of rolling) await rolledOut(stage === 'staging' ? STAGING : PRODUCTION, workload);
}

const tags = async (namespace: string) => Promise.all(workloads.map((workload) => tagOf(namespace, workload)));
const all = (tag: string) => workloads.map(() => tag);

/** Steps follow one another: each starts from what the one before has left. */
describe.runIf(hasCluster())('a promotion of every kind of workload', () => {
  beforeAll(async () => {
    for (const namespace of [STAGING, PRODUCTION]) await freshNamespace(namespace);
    for (const stage of ['staging', 'production'] as const) await deploy(stage, '1.0.0');
    await storeEvidence('1.0.0', '1.0.2', { policy, namespace: STAGING });
    await storeEvidence('1.0.2', '1.0.2', { policy, namespace: STAGING });
    await storeEvidence('broken', '1.0.2', { policy, namespace: STAGING });
  });
  afterAll(() => kubectl(['delete', 'namespace', STAGING, PRODUCTION, '--ignore-not-found', '--wait=false']));

  it('has nothing to do at first', async () => {
    expect(await runPromotion(PRODUCTION, 'production')).toMatch(/done: Stage production runs what staging runs/);
  });

  it('moves a Deployment, a StatefulSet, a DaemonSet and a CronJob together', async () => {
    await deploy('staging', '1.0.2');
    const log = await runPromotion(PRODUCTION, 'production');
    expect(log).toMatch(/promoted: Stage production runs web:1\.0\.2 .*, and every replica is available/);
    expect(await tags(PRODUCTION)).toEqual(all('1.0.2'));
  });

  it('names what it may do, one by one', async () => {
    const account = `system:serviceaccount:${PRODUCTION}:patchway-promotion-production`;
    const may = (verb: string, object: string) =>
      kubectl(['auth', 'can-i', verb, object, '-n', PRODUCTION, '--as', account]).then(
        () => true,
        () => false,
      );
    const objects = [
      'pods/database-0',
      'pods/database-1',
      'pods/database-2',
      'pods/load',
      'statefulsets.apps/database',
      'statefulsets.apps/other',
    ];
    expect(await Promise.all(objects.map((object) => may('delete', object)))).toEqual([true, true, false, false, false, false]);
    expect(await Promise.all(objects.map((object) => may('patch', object)))).toEqual([false, false, false, false, true, false]);
    expect([await may('patch', 'cronjobs.batch/report'), await may('patch', 'daemonsets.apps/collector')]).toEqual([true, true]);
  });

  it('puts all of them back when one of them fails, though a broken pod keeps the StatefulSet from going back', async () => {
    await deploy('staging', 'broken', { serve: true });
    const log = await runPromotion(PRODUCTION, 'production');
    expect(log).toMatch(/roll back: The rollout of web:broken .* in production failed/);
    expect(log).toMatch(/pod database-1 never became ready and kept StatefulSet database from going back: deleted/);
    expect(log).toMatch(/rolled back: Stage production runs web:1\.0\.2 .* again, and every replica is available/);
    expect(await tags(PRODUCTION)).toEqual(all('1.0.2'));
    expect(await runPromotion(PRODUCTION, 'production')).toMatch(/blocked: web:broken .* was refused/);
  });
});
