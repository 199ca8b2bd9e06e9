import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { approve } from '../../src/cli/approve.js';
import { freeze, unfreeze } from '../../src/cli/freeze.js';
import type { Io } from '../../src/cli/io.js';
import { names } from '../../src/manifest/names.js';
import { loadPolicy } from '../../src/policy/load.js';
import { type Approval, approvalKey, written } from '../../src/promotion/people.js';
import type { PromotionState } from '../../src/promotion/state.js';
import { digestOf, eventually, exec, freshNamespace, hasCluster, kubectl, kubectlJson, REGISTRY } from './cluster.js';
import { applyAll, type Rolled, rolledOut, runPromotion, synthesised, tagOf } from './kinds-support.js';
import { REFERENCE } from './promotion-support.js';

const STAGING = 'decide-staging';
const PRODUCTION = 'decide-production';
const POLICY_FILE = join(mkdtempSync(join(tmpdir(), 'patchway-decisions-')), 'policy.json');
const workloads: readonly Rolled[] = [
  { kind: 'Deployment', name: 'web', replicas: 2 },
  { kind: 'Deployment', name: 'api', replicas: 1 },
];

/** Production as the policy has it from now on. */
function policyWith(production: object) {
  const policy = {
    name: 'decide',
    scan: { schedule: '0 3 * * *', scanners: [{ kind: 'grype' }, { kind: 'trivy' }] },
    gate: { deadlines: { critical: '7d', high: '14d', medium: '30d', low: '90d' }, onMissingEvidence: 'warn' },
    rollout: { maxSurge: 1, minReady: '1s', progressDeadline: '90s', drain: '3s' },
    stages: [
      { name: 'staging', namespace: STAGING },
      { name: 'production', namespace: PRODUCTION, after: ['staging'], ...production },
    ],
    monitoring: { prometheus: 'rules-file', exporter: false },
  };
  writeFileSync(POLICY_FILE, JSON.stringify(policy));
  return loadPolicy(POLICY_FILE);
}

/** Applies all of a stage but workloads that are there: their images are the promotion's. */
async function applyPolicy(production: object): Promise<void> {
  await applyAll(synthesised({ policy: policyWith(production), stage: 'production', workloads, tag: '1.0.0' }).rest);
}

async function moveStaging(tag: string): Promise<void> {
  const { workloads: own, rest } = synthesised({ policy: loadPolicy(POLICY_FILE), stage: 'staging', workloads, tag });
  await applyAll([...rest, ...own]);
  for (const workload of workloads) await rolledOut(STAGING, workload);
}

const tags = () => Promise.all(workloads.map((workload) => tagOf(PRODUCTION, workload)));
const run = () => runPromotion(PRODUCTION, 'production');

async function state(): Promise<PromotionState> {
  return JSON.parse(await kubectl(['-n', PRODUCTION, 'get', 'configmap', names.promotion('production'), '-o', 'jsonpath={.data.state}']));
}

const answersWith = (body: string) => ({ verify: [{ http: { url: `http://web.${PRODUCTION}.svc/`, body } }] });

/** A Job of the same image, which asks as a user of the service would. */
const jobThatWants = (text: string) => ({
  verify: [
    {
      job: {
        securityContext: { runAsUser: 65532, runAsGroup: 65532 },
        containers: [
          {
            name: 'check',
            image: REFERENCE,
            command: ['sh', '-c'],
            args: [`wget -qO- http://web.${PRODUCTION}.svc/ | grep -F "${text}"`],
            resources: { requests: { cpu: '10m', memory: '16Mi' } },
          },
        ],
      },
    },
  ],
});

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
const production = { stage: 'production', policy: POLICY_FILE };

/** Writes into the ConfigMap of approvals as somebody else. */
function writeAs(user: string, data: Readonly<Record<string, string>>) {
  const patch = JSON.stringify({ data });
  return exec('kubectl', [
    '--as',
    user,
    '-n',
    PRODUCTION,
    'patch',
    'configmap',
    names.approvals('production'),
    '--type=merge',
    '-p',
    patch,
  ]);
}

function approvalOf(tag: string, by: string): Readonly<Record<string, string>> {
  const at = new Date().toISOString();
  const approval: Approval = { by, at, stage: 'production', repository: `${REGISTRY}/web`, digest: digestOf(`web:${tag}`) };
  return { [approvalKey(approval)]: written(approval) };
}

const VERIFYING = 'app.kubernetes.io/name=patchway-verification';

interface VerifyingJob {
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly object[] } } };
  readonly status: { readonly succeeded?: number };
}

/** Steps follow one another: each starts from what the one before has left. */
describe.runIf(hasCluster())('what is decided about a promotion', () => {
  beforeAll(async () => {
    for (const namespace of [STAGING, PRODUCTION]) await freshNamespace(namespace);
    const policy = policyWith(answersWith('1.0.2'));
    for (const stage of ['staging', 'production']) {
      const { workloads: own, rest } = synthesised({ policy, stage, workloads, tag: '1.0.0' });
      await applyAll([...rest, ...own]);
    }
    for (const namespace of [STAGING, PRODUCTION]) for (const workload of workloads) await rolledOut(namespace, workload);
  });
  afterAll(() => kubectl(['delete', 'namespace', STAGING, PRODUCTION, '--ignore-not-found', '--wait=false']));

  it('puts all workloads back where a request is not answered as it should be, and refuses the image', async () => {
    await moveStaging('1.0.1');
    const log = await run();
    expect(log).toMatch(/verifying, until .*: http has not been asked yet|verifying, until .* answered without "1\.0\.2"/);
    expect(log).toMatch(/roll back: The verification of web:1\.0\.1 .* in production failed: http:\/\/web\S+ answered without "1\.0\.2"/);
    expect(await tags()).toEqual(['1.0.0', '1.0.0']);
    expect((await state()).refused).toMatchObject([{ digest: digestOf('web:1.0.1') }]);
    expect(await run()).toMatch(/blocked: web:1\.0\.1 .* was refused/);
  });

  it('promotes where it is', async () => {
    await moveStaging('1.0.2');
    expect(await run()).toMatch(/promoted: .*It is verified: http:\/\/web\S+ answered 200/);
    expect(await tags()).toEqual(['1.0.2', '1.0.2']);
  });

  it('puts all workloads back where a Job fails, and promotes where it succeeds', async () => {
    await applyPolicy(jobThatWants('1.0.2'));
    await moveStaging('1.0.1');
    expect(await run()).toMatch(/roll back: The verification of web:1\.0\.1 .* failed: Job patchway-verify-production-\S+ failed: /);
    expect(await tags()).toEqual(['1.0.2', '1.0.2']);
    await applyPolicy(jobThatWants('1.0.0'));
    await moveStaging('1.0.0');
    expect(await run()).toMatch(/promoted: .*It is verified: Job patchway-verify-production-\S+ succeeded/);
    expect(await tags()).toEqual(['1.0.0', '1.0.0']);
  });

  it('lets the promoter make no other Job', async () => {
    const account = `system:serviceaccount:${PRODUCTION}:${names.promotion('production')}`;
    const found = await kubectlJson<{ items: readonly VerifyingJob[] }>(['-n', PRODUCTION, 'get', 'job', '-l', VERIFYING]);
    const template = found.items.find(({ status }) => status.succeeded === 1)?.spec.template.spec;
    const create = (name: string, changes: object) => {
      const pod = { ...template, ...changes };
      const body = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name, namespace: PRODUCTION }, spec: { template: { spec: pod } } };
      return exec('kubectl', ['--as', account, 'create', '--dry-run=server', '-f', '-'], { input: JSON.stringify(body) });
    };
    expect(await create('patchway-verify-production-x', {})).toMatchObject({ code: 0 });
    const others = [
      create('other', {}),
      create('patchway-verify-production-x', { serviceAccountName: names.promotion('production') }),
      create('patchway-verify-production-x', { containers: template?.containers.map((each) => ({ ...each, args: ['id'] })) }),
    ];
    for (const other of await Promise.all(others)) {
      expect(other.code).toBe(1);
      expect(other.stderr).toContain('The promoter may make the Jobs that verify stage production as the policy says, and no other.');
    }
  });

  it('waits for an approval of this very digest', async () => {
    await applyPolicy({ approval: 'manual' });
    await moveStaging('1.0.1');
    expect(await run()).toContain(
      `Whoever may approve says yes with: patchway approve --stage production --digest ${digestOf('web:1.0.1')}`,
    );
    expect((await state()).step).toBe('awaitingApproval');
    expect(await approve({ ...production, digest: [digestOf('web:1.0.2')] }, io)).toBe(2);
    const other = await exec('kubectl', ['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}']);
    const patch = JSON.stringify({ data: approvalOf('1.0.2', other.stdout) });
    await kubectl(['-n', PRODUCTION, 'patch', 'configmap', names.approvals('production'), '--type=merge', '-p', patch]);
    expect(await run()).toMatch(/blocked: Nobody has approved web:1\.0\.1 .*There are approvals, but of other images/);
  });

  it('lets nobody sign for another', async () => {
    // An admission policy takes a moment to hold.
    const role = names.approvers('production');
    const rules = ['-n', PRODUCTION, 'create', 'role', 'patches', '--verb=get,patch', '--resource=configmaps'];
    await kubectl([...rules, `--resource-name=${names.approvals('production')}`]);
    await kubectl(['-n', PRODUCTION, 'create', 'rolebinding', 'bob', '--role=patches', '--user=bob']);
    await kubectl(['-n', PRODUCTION, 'create', 'rolebinding', 'bob-approves', `--role=${role}`, '--user=bob']);
    const forged = await eventually('an answer of no', async () => {
      const outcome = await writeAs('bob', approvalOf('1.0.1', 'alice'));
      return outcome.code === 0 ? undefined : outcome;
    });
    expect(forged.stderr).toContain('Nobody signs for another');
    expect(await writeAs('bob', approvalOf('1.0.0', 'bob'))).toMatchObject({ code: 0 });
    expect((await writeAs('carol', approvalOf('1.0.1', 'carol'))).stderr).toContain('forbidden');
    expect((await writeAs('bob', { freeze: written({ by: 'alice', at: new Date().toISOString(), reason: 'x' }) })).code).toBe(1);
  });

  it('goes on once it is approved', async () => {
    expect(await approve({ ...production, digest: [digestOf('web:1.0.1')] }, io)).toBe(0);
    const who = (await exec('kubectl', ['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}'])).stdout;
    expect(said.at(-1)).toMatch(new RegExp(`^web:1\\.0\\.1 .* is approved for production by ${who}, until `));
    expect(await run()).toContain(`approved by ${who} on `);
    expect(await tags()).toEqual(['1.0.1', '1.0.1']);
    expect((await state()).history.slice(0, 2)).toMatchObject([
      { what: 'promoted', by: who },
      { what: 'approved', by: who },
    ]);
  });

  it('stops while it is frozen, and goes on afterwards', async () => {
    await applyPolicy({});
    expect(await freeze({ ...production, reason: 'Black Friday' }, io)).toBe(0);
    await moveStaging('1.0.2');
    expect(await run()).toMatch(/blocked: Promotion to production is frozen by \S+: Black Friday\. .*patchway unfreeze --stage production/);
    expect((await state()).step).toBe('frozen');
    expect(await unfreeze(production, io)).toBe(0);
    expect(await run()).toMatch(/promoted: /);
    expect((await state()).history.slice(0, 3).map(({ what }) => what)).toEqual(['promoted', 'unfrozen', 'frozen']);
  });
});
