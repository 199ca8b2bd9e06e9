import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadPolicy } from '../../src/policy/load.js';
import { apply, digestOf, exec, freshNamespace, hasCluster, kubectl, type Outcome } from './cluster.js';
import {
  entryOf,
  type Forge,
  kubeconfigOf,
  lockOf,
  PATCHWAY,
  policyOf,
  REFERENCE,
  repository,
  scriptsIn,
  workloadIn,
} from './forge-support.js';
import { deployed, rolledOut, storeEvidence } from './promotion-support.js';

const LOCK = 'images.lock.yaml';
const REFUSED = 'patchway-refused.json';
const PROMOTE = 'patchway/promote-production';
const REVERT = 'patchway/revert-production';

/** Steps follow one another: each starts from what the one before has left. */
describe.runIf(hasCluster()).each<[Forge, string]>([
  ['github-actions', 'fo-hub'],
  ['gitlab-ci', 'fo-lab'],
])('promotion by %s', (engine, prefix) => {
  const places = { staging: `${prefix}-staging`, production: `${prefix}-production` };
  const { staging, production } = places;
  let forge: Awaited<ReturnType<typeof repository>>;
  let scripts: Readonly<Record<string, string>>;
  let env: { readonly reading: NodeJS.ProcessEnv; readonly deploying: NodeJS.ProcessEnv };

  const isHub = engine === 'github-actions';
  const ran = ({ code, stdout, stderr }: Outcome) => ({ code, said: `${stdout}\n${stderr}` });
  const job = async (name: string, more: NodeJS.ProcessEnv = {}) => {
    const script = scripts[name] ?? '';
    expect(script).not.toBe('');
    const isDeploy = name.startsWith('deploy');
    return ran(await forge.run(engine, script, { ...(isDeploy ? env.deploying : env.reading), ...more }));
  };
  const moveStaging = (tag: string) => {
    const text = forge.read(LOCK).replace(/staging: \{.*\}/, `staging: ${entryOf(tag)}`);
    return forge.commit({ [LOCK]: text });
  };
  const evidence = (tag: string, version: string) =>
    storeEvidence(tag, version, { policy: loadPolicy(`${forge.work}/patch-policy.json`), namespace: staging });
  const locked = async (branch: string) => new RegExp(/production: \{tag: ([^,]+)/).exec(await forge.show(branch, LOCK))?.[1];

  beforeAll(async () => {
    for (const namespace of [staging, production]) await freshNamespace(namespace);
    forge = await repository({
      'patch-policy.json': JSON.stringify(policyOf(engine, places)),
      [LOCK]: lockOf({ staging: '1.0.0', production: '1.0.0' }),
      'k8s/staging.json': workloadIn(staging, true),
      'k8s/production.json': workloadIn(production, false),
    });
    await exec('mv', ['patch-policy.json', 'patch-policy.yaml'], { cwd: forge.work });
    await forge.commit({ 'patch-policy.yaml': forge.read('patch-policy.yaml') });
    await exec('cp', ['patch-policy.yaml', 'patch-policy.json'], { cwd: forge.work });
    const synth = await exec('node', [PATCHWAY, 'synth', 'patch-policy.yaml', '-w', 'k8s/staging.json', 'k8s/production.json', '-o', '-'], {
      cwd: forge.work,
    });
    expect(synth).toMatchObject({ code: 0 });
    await apply(synth.stdout, 'patchway-deploy');
    for (const namespace of [staging, production]) await rolledOut(namespace);
    scripts = await scriptsIn(forge.work, engine);
    const reading = await kubeconfigOf({ namespace: production, name: 'patchway-forge-production' });
    const deploying = await kubeconfigOf();
    const given = (name: string, text: string) => (isHub ? text : forge.place(name, text));
    env = {
      reading: { PATCHWAY_KUBECONFIG: given('reading.json', reading) },
      deploying: { [isHub ? 'PATCHWAY_KUBECONFIG' : 'PATCHWAY_DEPLOY_KUBECONFIG']: given('deploying.json', deploying) },
    };
  });

  afterAll(async () => {
    const policies = (await kubectl(['get', 'validatingadmissionpolicies,validatingadmissionpolicybindings', '-o', 'name']))
      .split('\n')
      .filter((name) => name.endsWith(staging) || name.endsWith(production));
    if (policies.length > 0) await kubectl(['delete', ...policies]);
    for (const namespace of [staging, production]) await kubectl(['delete', 'namespace', namespace, '--wait=false']);
  });

  it('has no promoter in the cluster, and an account that may only read', async () => {
    expect(await kubectl(['-n', production, 'get', 'cronjobs,leases', '-o', 'name'])).toBe('cronjob.batch/patchway-scan-production\n');
    const as = `system:serviceaccount:${production}:patchway-forge-production`;
    const can = async (namespace: string, ...what: readonly string[]) =>
      (await exec('kubectl', ['auth', 'can-i', ...what, '--as', as, '-n', namespace])).stdout.trim();
    expect(await can(production, 'get', 'deployments/web')).toBe('yes');
    expect(await can(staging, 'get', 'deployments/web')).toBe('yes');
    for (const verb of ['patch', 'update', 'delete']) {
      expect(await can(production, verb, 'deployments/web')).toBe('no');
      expect(await can(staging, verb, 'deployments/web')).toBe('no');
    }
    expect(await can(production, 'get', 'secrets')).toBe('no');
  });

  it('proposes nothing while there is nothing new', async () => {
    expect(await job('promote-production')).toMatchObject({ code: 0, said: expect.stringContaining('done: Stage production runs') });
    expect(await forge.branches()).toEqual(['main', 'patchway/state-production']);
  });

  it('deploys to staging what was merged', async () => {
    await moveStaging('1.0.1');
    if (isHub) expect(await job('look-staging')).toMatchObject({ code: 0, said: expect.stringContaining('answer=deploy') });
    expect(await job('deploy-staging')).toMatchObject({ code: 0, said: expect.stringContaining('promoted: Stage staging runs web:1.0.1') });
    expect((await deployed(staging)).tag).toBe('1.0.1');
  });

  it('is blocked without evidence, then proposes what staging runs, once', async () => {
    expect(await job('promote-production')).toMatchObject({ code: 0, said: expect.stringContaining('blocked: The gate is closed') });
    expect(await forge.branches()).not.toContain(PROMOTE);
    await evidence('1.0.1', '1.0.2');
    expect(await job('promote-production')).toMatchObject({ code: 0, said: expect.stringContaining('promote: Promoting web:1.0.1') });
    const text = await forge.show(PROMOTE, LOCK);
    expect(text).toBe(forge.read(LOCK).replace(/production: .*/, `production: ${entryOf('1.0.1')}`));
    const asked = isHub
      ? /gh pr create .*--title Promote web:1.0.1 to production .*--reviewer ann/
      : /push -o merge_request.title=Promote web:1.0.1 to production/;
    expect(forge.calls().filter((call) => asked.test(call))).toHaveLength(1);
    const before = { calls: forge.calls().length, commit: await forge.commitOf(PROMOTE) };
    expect(await job('promote-production')).toMatchObject({ code: 0 });
    expect(await forge.commitOf(PROMOTE)).toBe(before.commit);
    expect(
      forge
        .calls()
        .slice(before.calls)
        .filter((call) => !call.startsWith('gh pr list')),
    ).toEqual([]);
  });

  it('deploys the merged lock, and takes the branch away', async () => {
    await forge.merge(PROMOTE);
    if (isHub) expect(await job('look-production')).toMatchObject({ code: 0, said: expect.stringContaining('answer=deploy') });
    expect(await job('deploy-production')).toMatchObject({
      code: 0,
      said: expect.stringContaining('promoted: Stage production runs web:1.0.1'),
    });
    expect((await deployed(production)).tag).toBe('1.0.1');
    expect(await job('promote-production')).toMatchObject({
      code: 0,
      said: expect.stringContaining('done: Stage production runs what staging runs'),
    });
    expect(await forge.branches()).toEqual(['main', 'patchway/state-production']);
    if (isHub)
      expect(await job('look-production', { GITHUB_EVENT_NAME: 'schedule' })).toMatchObject({
        code: 0,
        said: expect.stringContaining('answer=done'),
      });
  });

  it('reverts in the lock what fails, and refuses it', async () => {
    await evidence('broken', '1.0.2');
    await moveStaging('broken');
    expect(await job('deploy-staging')).toMatchObject({ code: 0 });
    expect(await job('promote-production')).toMatchObject({ code: 0, said: expect.stringContaining('promote: Promoting web:broken') });
    await forge.merge(PROMOTE);
    expect(await job('deploy-production')).toMatchObject({
      code: 2,
      said: expect.stringContaining('roll back: The rollout of web:broken'),
    });
    expect(await locked('main')).toBe('broken');
    expect(await locked(REVERT)).toBe('1.0.1');
    expect(JSON.parse(await forge.show(REVERT, REFUSED)).refused.production).toMatchObject([{ digest: digestOf('web:broken') }]);
    const asked = isHub
      ? /gh pr create .*--title Put web:1.0.1 back in production/
      : /push -o merge_request.title=Put web:1.0.1 back in production/;
    expect(forge.calls().filter((call) => asked.test(call))).toHaveLength(1);
  });

  it('goes back when that is merged, and does not propose it again', async () => {
    await forge.merge(REVERT);
    expect(await job('deploy-production')).toMatchObject({ code: 0, said: expect.stringContaining('runs web:1.0.1') });
    expect((await deployed(production)).image).toBe(`${REFERENCE.replace(/:1$/, '')}:1.0.1@${digestOf('web:1.0.1')}`);
    await rolledOut(production);
    expect(await job('promote-production')).toMatchObject({ code: 0, said: expect.stringContaining('blocked: web:broken') });
    expect(await forge.branches()).not.toContain(PROMOTE);
  });
});
