import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Io } from '../../src/cli/io.js';
import { lockPull } from '../../src/cli/lock.js';
import { promoteTo } from '../../src/cli/promote.js';
import { loadLock } from '../../src/lock/parse.js';
import { names } from '../../src/manifest/names.js';
import {
  apply,
  digestOf,
  eventually,
  exec,
  freshNamespace,
  hasCluster,
  jobLogs,
  kubectl,
  kubectlJson,
  REGISTRY,
  repetitions,
  runCronJob,
} from './cluster.js';
import {
  deployed,
  LOCK_FILE,
  mayDo,
  moveStaging,
  POLICY_FILE,
  PRODUCTION,
  PROMOTION,
  promotionState,
  REFERENCE,
  rolledOut,
  STAGING,
  storeEvidence,
  synthesised,
  writeLock,
  writePolicy,
} from './promotion-support.js';
import { between, readLoad, startLoad } from './rollout-load.js';

const REPEAT = repetitions(20);

let jobs = 0;
/** One run of the promotion's CronJob: how it ended, and what it said. */
async function run(): Promise<string> {
  jobs += 1;
  const job = `promote-${jobs}`;
  const end = await runCronJob(PRODUCTION, PROMOTION, job);
  const log = await jobLogs(PRODUCTION, job);
  if (end !== 'Complete') throw new Error(`${job}: ${end}\n${log}`);
  return log;
}

/** Somebody changes production's image, past the guard where there is a reason. */
async function byHand(tag: string, reason: string | null = null): Promise<void> {
  const containers = [{ name: 'web', image: `${REGISTRY}/web:${tag}@${digestOf(`web:${tag}`)}` }];
  const template = { metadata: { labels: { 'patchway.dev/break-glass': reason } }, spec: { containers } };
  await kubectl(['-n', PRODUCTION, 'patch', 'deployment', 'web', '-p', JSON.stringify({ spec: { template } })]);
}

/** Steps follow one another: each starts from what the one before has left. */
describe.runIf(hasCluster())('a promotion on a real cluster', () => {
  const said: string[] = [];
  const io: Io = {
    out: (text) => said.push(text),
    err: (text) => said.push(text),
    stdin: async () => '',
    color: false,
    env: process.env,
    cwd: process.cwd(),
    now: Date.now,
  };
  let oldManifests = '';

  beforeAll(async () => {
    for (const namespace of [STAGING, PRODUCTION]) await freshNamespace(namespace);
    writePolicy('20s');
    writeLock({ staging: '1.0.0', production: '1.0.0' });
    for (const stage of ['staging', 'production'] as const) await apply(synthesised(stage));
    oldManifests = synthesised('production');
    for (const namespace of [STAGING, PRODUCTION]) await rolledOut(namespace);
    for (const tag of ['1.0.0', '1.0.1', '1.0.2']) await storeEvidence(tag);
    for (const namespace of [STAGING, PRODUCTION]) await startLoad(namespace);
  });
  afterAll(() => kubectl(['delete', 'namespace', STAGING, PRODUCTION, '--ignore-not-found', '--wait=false']));

  it('has nothing to do while both stages run the same', async () => {
    expect(await run()).toMatch(/done: Stage production runs what staging runs: web:1\.0\.0/);
  });

  it('staging moves by the lock, and loses no request', async () => {
    const before = await readLoad(STAGING);
    moveStaging('1.0.2');
    await apply(synthesised('staging'));
    await rolledOut(STAGING);
    await new Promise((resolve) => setTimeout(resolve, 15_000));
    const load = between(before, await readLoad(STAGING));
    expect(load).toMatchObject({ failed: 0, errors: [] });
    expect(load.perSecond).toBeGreaterThanOrEqual(20);
    expect((await deployed(STAGING)).tag).toBe('1.0.2');
  });

  it('waits for the soak, and says how long', async () => {
    expect(await run()).toMatch(/wait: web:1\.0\.2 .* has to soak: it ran healthily in staging for 0s of 20s\. Not before /);
    expect(await deployed(PRODUCTION)).toMatchObject({ tag: '1.0.0' });
    expect((await promotionState()).state).toMatchObject({ step: 'soaking', candidate: { from: 'staging' } });
  });

  it('moves production after it, loses no request, and records it', async () => {
    await new Promise((resolve) => setTimeout(resolve, 20_000));
    const before = await readLoad(PRODUCTION);
    const log = await run();
    await new Promise((resolve) => setTimeout(resolve, 15_000));
    const load = between(before, await readLoad(PRODUCTION));
    expect(log).toMatch(
      /promote: Promoting web:1\.0\.2 .*: it ran healthily in staging for [\dms ]+, there are no windows, and the gate is open/,
    );
    expect(log).toMatch(/promoted: Stage production runs web:1\.0\.2 .*, and every replica is available/);
    expect(load).toMatchObject({ failed: 0, errors: [] });
    expect(load.perSecond).toBeGreaterThanOrEqual(20);
    expect((await deployed(PRODUCTION)).image).toBe(`${REGISTRY}/web:1.0.2@${digestOf('web:1.0.2')}`);
    const { state } = await promotionState();
    expect(state?.workloads.web).toEqual({
      current: { [REFERENCE]: { tag: '1.0.2', digest: digestOf('web:1.0.2') } },
      previous: { [REFERENCE]: { tag: '1.0.0', digest: digestOf('web:1.0.0') } },
    });
    expect(state?.history.map(({ what }) => what)).toEqual(['promoted']);
  });

  it('changes nothing the second time', async () => {
    const before = { ...(await deployed(PRODUCTION)), version: (await promotionState()).version };
    expect(await run()).toMatch(/done: Stage production runs what staging runs/);
    expect({ ...(await deployed(PRODUCTION)), version: (await promotionState()).version }).toEqual(before);
  });

  it('is not undone by applying the old manifests again: they meet a conflict', async () => {
    const outcome = await exec('kubectl', ['apply', '--server-side', '-f', '-'], { input: oldManifests });
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toMatch(/conflict with "patchway-promotion".*\n?.*image/);
    expect((await deployed(PRODUCTION)).tag).toBe('1.0.2');
  });

  it('comes back into the lock, from which applying changes nothing', async () => {
    expect(await lockPull({ policy: POLICY_FILE, lock: LOCK_FILE }, io)).toBe(0);
    expect(loadLock(LOCK_FILE).images[REFERENCE]?.production).toMatchObject({
      tag: '1.0.2',
      digest: digestOf('web:1.0.2'),
      promotedAt: expect.any(String),
    });
    const before = await deployed(PRODUCTION);
    await apply(synthesised('production'));
    expect(await deployed(PRODUCTION)).toEqual(before);
  });

  it('gives its account what it needs and nothing else', async () => {
    const evidence = names.evidence(`${REGISTRY}/web`);
    expect(await mayDo(PRODUCTION)).toEqual([
      `configmaps [${names.approvals('production')}] [get]`,
      `configmaps [${evidence}] [get]`,
      `configmaps [${PROMOTION}] [get update]`,
      `deployments.apps [web] [get patch]`,
      'events [] [create]',
      `leases.coordination.k8s.io [${PROMOTION}] [get update]`,
      `serviceaccounts [${names.guard('production')}] [get patch promote]`,
    ]);
    expect(await mayDo(STAGING)).toEqual([`configmaps [${evidence}] [get]`, `deployments.apps [web] [get]`]);
    expect(await mayDo('default')).toEqual([]);
  });

  it('never takes what is not healthy', async () => {
    await storeEvidence('broken', '1.0.2');
    moveStaging('broken');
    await apply(synthesised('staging'));
    await eventually('staging has not become ready', async () => {
      const { status } = await kubectlJson<{ status: { unavailableReplicas?: number } }>(['-n', STAGING, 'get', 'deployment', 'web']);
      return (status.unavailableReplicas ?? 0) > 0 ? true : undefined;
    });
    for (let times = 0; times < 2; times += 1) {
      // What soaked before is what production runs, so nothing is held.
      expect(await run()).toMatch(/wait: web:broken .* is not healthy in staging: web in staging: .* Its soak stands still/);
      await new Promise((resolve) => setTimeout(resolve, 10_000));
    }
    expect((await deployed(PRODUCTION)).tag).toBe('1.0.2');
    expect((await promotionState()).state?.candidate).toMatchObject({ healthyMs: 0 });
  });

  it('puts back by itself what looked healthy in staging and is not here, and remembers it', async () => {
    const before = await readLoad(PRODUCTION);
    // Staging's own arguments hide that the image does not serve by itself.
    await apply(synthesised('staging', { serve: true }));
    await rolledOut(STAGING);
    expect(await run()).toMatch(/has to soak/);
    await new Promise((resolve) => setTimeout(resolve, 21_000));
    const log = await run();
    expect(log).toMatch(/promote: Promoting web:broken/);
    expect(log).toMatch(/roll back: The rollout of web:broken .* in production failed: web: .*/);
    expect(log).toMatch(/rolled back: Stage production runs web:1\.0\.2 .* again/);
    expect(log).toMatch(/blocked: web:broken .* was refused/);
    expect(await deployed(PRODUCTION)).toMatchObject({ tag: '1.0.2' });
    expect(between(before, await readLoad(PRODUCTION))).toMatchObject({ failed: 0, errors: [] });
    const { state, version } = await promotionState();
    expect(state?.refused).toMatchObject([{ digest: digestOf('web:broken') }]);
    expect(state?.history[0]).toMatchObject({ what: 'rolledBack' });
    expect(state?.workloads.web?.current).toMatchObject({ [REFERENCE]: { tag: '1.0.2' } });
    const { generation } = await deployed(PRODUCTION);
    expect(await run()).toMatch(/blocked: web:broken .* was refused .* Move staging to another image/);
    expect([(await promotionState()).version, (await deployed(PRODUCTION)).generation]).toEqual([version, generation]);
  });

  it('says from outside what blocks it, and exits 2', async () => {
    said.length = 0;
    expect(await promoteTo({ policy: POLICY_FILE, to: 'production', dryRun: true }, io)).toBe(2);
    expect(said.at(-1)).toMatch(/next, were this no dry run: blocked: web:broken .* was refused/);
  });

  it('does not fight somebody who changes an image past the guard, and says so', async () => {
    await byHand('1.0.1');
    const { stdout } = await exec('kubectl', [
      '-n',
      PRODUCTION,
      'get',
      'pods',
      '-l',
      'app.kubernetes.io/name=web',
      '-o',
      'jsonpath={..image}',
    ]);
    expect(stdout).not.toContain('web:1.0.1@');
    await byHand('1.0.1', 'INC-4711');
    await rolledOut(PRODUCTION);
    expect(await run()).toMatch(/changed by somebody else: Stage production ran web:1\.0\.2 .*; somebody moved it to web:1\.0\.1/);
    expect(await deployed(PRODUCTION)).toMatchObject({ tag: '1.0.1' });
    await byHand('1.0.2');
    await rolledOut(PRODUCTION);
    expect(await run()).toMatch(/blocked: web:broken .* was refused/);
  });

  it('is finished, exactly once, by the next pod when its own is deleted mid-rollout', async () => {
    writePolicy('0s');
    await apply(synthesised('production'));
    // What 1.0.1 has is overdue, and this is about kills: it passes with the findings of 1.0.2.
    await storeEvidence('1.0.1', '1.0.2');
    const promotions = async () => (await promotionState()).state?.history.filter(({ what }) => what === 'promoted').length ?? 0;
    for (let times = 0; times < REPEAT; times += 1) {
      const tag = times % 2 === 0 ? '1.0.1' : '1.0.2';
      moveStaging(tag);
      await apply(synthesised('staging'));
      await rolledOut(STAGING);
      const before = { ...(await deployed(PRODUCTION)), promotions: await promotions() };
      const job = `killed-${times}`;
      const end = runCronJob(PRODUCTION, PROMOTION, job);
      await eventually('the promotion has begun', async () => ((await deployed(PRODUCTION)).tag === tag ? true : undefined), 120);
      await kubectl(['-n', PRODUCTION, 'delete', 'pod', '-l', `job-name=${job}`, '--force', '--grace-period=0']);
      expect((await promotionState()).state?.intent).toBeDefined();
      expect(await end).toBe('Complete');
      expect(await jobLogs(PRODUCTION, job)).toMatch(/promoted: Stage production runs/);
      expect(await deployed(PRODUCTION)).toMatchObject({ tag, generation: before.generation + 1 });
      expect((await promotionState()).state?.intent).toBeUndefined();
      expect(await promotions()).toBe(before.promotions + 1);
    }
  });
});
