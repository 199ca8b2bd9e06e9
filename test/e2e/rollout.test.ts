import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf, freshNamespace, hasCluster, kubectl, REGISTRY, repetitions } from './cluster.js';
import { applyAll, kindsPolicy, type Rolled, rolledOut, synthesised, tagOf } from './kinds-support.js';
import { between, readLoad, startLoad, stopLoad } from './rollout-load.js';

/** How often each is rolled. */
const REPEAT = repetitions(50);
/** From here on the comparison with kubectl is one of sums that single pods hardly move; below it is only kept from being absurd. */
const ENDURANCE = 20;

/** Requests a second that a busy machine still makes of the 40 that are meant. */
const STEADY = 10;

const NAMESPACE = 'kinds-rollouts';
const TAGS = ['1.0.1', '1.0.2', '1.0.0'] as const;
const policy = kindsPolicy({
  name: 'rollouts',
  stages: [{ name: 'only', namespace: NAMESPACE }],
  autoRollback: true,
  progressDeadline: '120s',
});

const web: Rolled = { kind: 'Deployment', name: 'web' };
/** The same Deployment with the same settings, for kubectl to roll. */
const twin: Rolled = { kind: 'Deployment', name: 'twin' };
const database: Rolled = { kind: 'StatefulSet', name: 'database' };
const collector: Rolled = { kind: 'DaemonSet', name: 'collector' };

/** What synthesis writes of one workload, applied as a person does. */
const write = (workload: Rolled, tag: string) => applyAll(synthesised({ policy, stage: 'only', workloads: [workload], tag }).workloads);
const tagNumber = (times: number): string => TAGS[times % TAGS.length] ?? '1.0.0';

async function seconds(work: () => Promise<void>): Promise<number> {
  const began = Date.now();
  await work();
  return (Date.now() - began) / 1000;
}

/** Pods that end are still being drained when a rollout is complete: what they lose has to be seen. */
const drained = () => new Promise((resolve) => setTimeout(resolve, 10_000));

describe.runIf(hasCluster())('rolling updates under a steady load', () => {
  beforeAll(async () => {
    await freshNamespace(NAMESPACE);
    const { workloads, rest } = synthesised({ policy, stage: 'only', workloads: [web, twin, database, collector], tag: '1.0.0' });
    await applyAll([...rest, ...workloads]);
    for (const workload of [web, twin, database, collector]) await rolledOut(NAMESPACE, workload);
  });
  afterAll(() => kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait=false']));

  it(`of a Deployment lose no request in ${REPEAT}, and take no longer than kubectl set image`, {
    timeout: 60_000 * (REPEAT + 5),
  }, async () => {
    await startLoad(NAMESPACE, 'web');
    const before = await readLoad(NAMESPACE, 'web');
    const [own, others]: [number[], number[]] = [[], []];
    for (let times = 0; times < REPEAT; times += 1) {
      const tag = tagNumber(times);
      const roll = async () => {
        await write(web, tag);
        await rolledOut(NAMESPACE, web);
      };
      const set = async () => {
        await kubectl(['-n', NAMESPACE, 'set', 'image', 'deployment/twin', `web=${REGISTRY}/web:${tag}@${digestOf(`web:${tag}`)}`]);
        await rolledOut(NAMESPACE, twin);
      };
      // Each goes first as often as the other.
      if (times % 2 === 0) own.push(await seconds(roll));
      others.push(await seconds(set));
      if (times % 2 === 1) own.push(await seconds(roll));
      expect(await tagOf(NAMESPACE, web)).toBe(tag);
    }
    await drained();
    const load = between(before, await readLoad(NAMESPACE, 'web'));
    await stopLoad(NAMESPACE, 'web');
    const sum = (times: readonly number[]) => times.reduce((total, each) => total + each, 0);
    const ratio = sum(own) / sum(others);
    console.info(
      `${REPEAT} rolling updates: ${sum(own).toFixed(1)} s, by kubectl set image ${sum(others).toFixed(1)} s: ${ratio.toFixed(2)}; ` +
        `${load.failed} requests failed at ${load.perSecond.toFixed(1)} a second`,
    );
    expect(load).toMatchObject({ failed: 0, errors: [] });
    expect(load.perSecond).toBeGreaterThanOrEqual(STEADY);
    expect(ratio).toBeLessThanOrEqual(REPEAT >= ENDURANCE ? 1.3 : 3);
  });

  it.each([
    ['StatefulSet', database],
    ['DaemonSet', collector],
  ] as const)(`of a %s lose no request in ${REPEAT}`, { timeout: 90_000 * (REPEAT + 5) }, async (_kind, workload) => {
    await startLoad(NAMESPACE, workload.name);
    const before = await readLoad(NAMESPACE, workload.name);
    for (let times = 0; times < REPEAT; times += 1) {
      await write(workload, tagNumber(times));
      await rolledOut(NAMESPACE, workload);
      expect(await tagOf(NAMESPACE, workload)).toBe(tagNumber(times));
    }
    await drained();
    const load = between(before, await readLoad(NAMESPACE, workload.name));
    await stopLoad(NAMESPACE, workload.name);
    console.info(`${REPEAT} rolling updates of ${workload.name}: ${load.failed} requests failed at ${load.perSecond.toFixed(1)} a second`);
    expect(load).toMatchObject({ failed: 0, errors: [] });
    expect(load.perSecond).toBeGreaterThanOrEqual(STEADY);
  });
});
