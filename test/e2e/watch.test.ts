import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { names } from '../../src/manifest/names.js';
import type { PromotionState } from '../../src/promotion/state.js';
import { digestOf, freshNamespace, hasCluster, kubectl, repetitions } from './cluster.js';
import { applyAll, kindsPolicy, type Rolled, rolledOut, runPromotion, synthesised, tagOf } from './kinds-support.js';
import { between, readLoad, startLoad } from './rollout-load.js';

/** How often a broken image is rolled out. */
const REPEAT = repetitions(20);

const NAMESPACE = 'kinds-watched';
const policy = kindsPolicy({
  name: 'watched',
  stages: [{ name: 'first', namespace: NAMESPACE }],
  autoRollback: 'watch',
  progressDeadline: '25s',
});
const web: Rolled = { kind: 'Deployment', name: 'web' };
const database: Rolled = { kind: 'StatefulSet', name: 'database', replicas: 2 };
const collector: Rolled = { kind: 'DaemonSet', name: 'collector' };
const workloads = [web, database, collector];

/** Applies what synthesis writes of a lock with this tag: without forcing anything. */
async function release(tag: string, changed: readonly Rolled[] = workloads): Promise<void> {
  const { workloads: own, rest } = synthesised({ policy, stage: 'first', workloads, tag });
  await applyAll([...rest, ...own.filter(({ metadata }) => changed.some(({ name }) => name === metadata.name))]);
}

const tags = () => Promise.all(workloads.map((workload) => tagOf(NAMESPACE, workload)));
const run = () => runPromotion(NAMESPACE, 'first');

async function state(): Promise<PromotionState> {
  return JSON.parse(await kubectl(['-n', NAMESPACE, 'get', 'configmap', names.promotion('first'), '-o', 'jsonpath={.data.state}']));
}

/** Steps follow one another: each starts from what the one before has left. */
describe.runIf(hasCluster())('a first stage that is watched', () => {
  beforeAll(async () => {
    await freshNamespace(NAMESPACE);
    await release('1.0.0');
    for (const workload of workloads) await rolledOut(NAMESPACE, workload);
    await startLoad(NAMESPACE);
  });
  afterAll(() => kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait=false']));

  it('remembers what is healthy', async () => {
    expect(await run()).toMatch(/done: Stage first runs web:1\.0\.0 .*, and every replica is available/);
    expect((await state()).workloads.database?.current).toMatchObject(expect.objectContaining({}));
    expect(Object.keys((await state()).workloads).sort()).toEqual(['collector', 'database', 'web']);
  });

  it('puts back all that was applied together, and refuses it', async () => {
    await release('broken');
    const log = await run();
    expect(log).toMatch(/Somebody moved first from web:1\.0\.0 .* to web:broken/);
    expect(log).toMatch(/rolled back: Stage first runs web:1\.0\.0 .* again/);
    expect(await tags()).toEqual(['1.0.0', '1.0.0', '1.0.0']);
    expect((await state()).refused).toMatchObject([{ digest: digestOf('web:broken'), locked: { digest: digestOf('web:broken') } }]);
  });

  it('puts it back at once when it is applied again, which meets no conflict', async () => {
    await release('broken');
    expect(await run()).toMatch(/roll back: Somebody moved first .* to web:broken .*, which was refused on/);
    expect(await tags()).toEqual(['1.0.0', '1.0.0', '1.0.0']);
    const before = (await state()).history.length;
    await release('broken', [database]);
    expect(await run()).toMatch(/rolled back/);
    expect(await tags()).toEqual(['1.0.0', '1.0.0', '1.0.0']);
    expect((await state()).history.length).toBeLessThanOrEqual(before + 1);
  });

  it('lets another image through, by the lock and without a conflict', async () => {
    await release('1.0.2');
    expect(await run()).toMatch(/done: Stage first runs web:1\.0\.2/);
    expect(await state()).toMatchObject({ refused: [], history: [{ what: 'deployed' }, expect.anything(), expect.anything()] });
  });

  it(`puts a broken image back by itself every time of ${REPEAT}, and no request fails`, { timeout: 180_000 * (REPEAT + 2) }, async () => {
    const before = await readLoad(NAMESPACE);
    for (let times = 0; times < REPEAT; times += 1) {
      const good = times % 2 === 0 ? '1.0.1' : '1.0.2';
      await release('broken', [web]);
      const log = await run();
      expect(log, `of ${REPEAT}, number ${times + 1}`).toMatch(
        /roll back: The rollout of web:broken .* in first failed[\s\S]*rolled back: Stage first runs web:1/,
      );
      await release(good, [web]);
      expect(await run()).toMatch(/done: Stage first runs web:/);
      expect(await tagOf(NAMESPACE, web)).toBe(good);
    }
    expect(between(before, await readLoad(NAMESPACE))).toMatchObject({ failed: 0, errors: [] });
  });
});

describe.runIf(hasCluster())('a first stage that is watched and guarded', () => {
  const namespace = 'kinds-guarded';
  const guarded = kindsPolicy({
    name: 'kinds-guarded',
    stages: [{ name: 'first', namespace }],
    autoRollback: 'watch',
    progressDeadline: '15s',
    guard: true,
  });
  const releaseOf = async (tag: string) => {
    const { workloads: own, rest } = synthesised({ policy: guarded, stage: 'first', workloads: [web], tag });
    await applyAll([...rest, ...own]);
  };
  const removePolicies = () =>
    kubectl([
      'delete',
      'validatingadmissionpolicybindings,validatingadmissionpolicies',
      '-l',
      `patchway.dev/policy=${guarded.name}`,
      '--ignore-not-found',
    ]);

  beforeAll(async () => {
    await freshNamespace(namespace);
    await releaseOf('1.0.0');
    await rolledOut(namespace, web);
  });
  afterAll(async () => {
    await removePolicies();
    await kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false']);
  });

  it('goes back to an image that the lock names no more', async () => {
    expect(await runPromotion(namespace, 'first')).toMatch(/done: Stage first runs web:1\.0\.0/);
    await releaseOf('broken');
    expect(await runPromotion(namespace, 'first')).toMatch(
      /rolled back: Stage first runs web:1\.0\.0 .* again, and every replica is available/,
    );
    expect(await tagOf(namespace, web)).toBe('1.0.0');
    // Its pods had never gone: new ones have to be let in.
    await kubectl(['-n', namespace, 'delete', 'pods', '-l', 'app=web', '--wait']);
    await rolledOut(namespace, web);
  });
});
