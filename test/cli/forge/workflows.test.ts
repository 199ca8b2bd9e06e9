import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { sandbox } from '../fake-io.js';

const policy = (engine: string, more: object = {}) =>
  JSON.stringify({
    name: 'shop',
    timeZone: 'Europe/Berlin',
    scan: { schedule: '17 3 * * *', scanners: [{ kind: 'grype' }] },
    gate: { deadlines: { critical: '7d', high: '14d', medium: '30d', low: '90d' } },
    stages: [
      { name: 'dev', namespace: 'shop-dev' },
      { name: 'staging', namespace: 'shop-staging', after: ['dev'] },
      { name: 'production', namespace: 'shop', after: ['staging'], cluster: 'eu-1' },
    ],
    promotion: { engine, ...more },
  });

const HUB = ['.github/workflows/patchway-promote.yml', '.github/workflows/patchway-deploy.yml'] as const;
const LAB = '.gitlab/patchway-promotion.yml';
const RUNNER = ['--runner', 'ghcr.io/acme/runner:1'];

async function written(engine: string, ...options: readonly string[]) {
  const { run, read, list } = sandbox({ 'patch-policy.yaml': policy(engine) });
  const source = options.includes('--synth') ? [] : ['-w', 'k8s/web.yaml'];
  const outcome = await run('ci', 'promotion', ...source, ...(engine === 'gitlab-ci' ? RUNNER : []), ...options, '-o', '.');
  expect(outcome).toMatchObject({ code: 0, stderr: '' });
  const files = list().filter((name) => name.endsWith('.yml'));
  return { read, files, all: files.map(read).join('\n'), yaml: (file: string) => parse(read(file)) };
}

describe('patchway ci promotion', () => {
  it.each([
    ['github-actions', [...HUB].sort()],
    ['gitlab-ci', [LAB]],
  ])('writes what %s runs', async (engine, files) => {
    const found = await written(engine);
    expect(found.files).toEqual(files);
    expect((await written(engine)).all).toBe(found.all);
    expect(found.all).toContain('npx --yes patchway@1.2.3 forge "$@" --policy patch-policy.yaml --lock images.lock.yaml');
    expect(found.all).toContain(
      'npx --yes patchway@1.2.3 synth patch-policy.yaml --workloads k8s/web.yaml --lock images.lock.yaml -o dist',
    );
  });

  it.each(['github-actions', 'gitlab-ci'])('takes another way to write manifests, another branch and reviewers with %s', async (engine) => {
    const { all } = await written(engine, '--synth', 'npm ci && npx cdk8s synth', '--branch', 'trunk', '--reviewers', 'ann,bob');
    expect(all).toContain('npm ci && npx cdk8s synth\n');
    expect(all).not.toContain('patchway@1.2.3 synth');
    expect(all).toContain('base=trunk\n');
    expect(all).toContain(engine === 'gitlab-ci' ? '-o merge_request.assign=ann -o merge_request.assign=bob' : '--reviewer ann,bob');
  });

  it.each<[string, string, readonly string[], number, string]>([
    [
      'jobs, which need none',
      'jobs',
      ['-w', 'a.yaml'],
      65,
      "'jobs' needs no workflow: it promotes in the cluster. Set it to github-actions or gitlab-ci",
    ],
    ['nothing that writes manifests', 'github-actions', [], 64, '--workloads <file...> or --synth <command>'],
    ['two that do', 'github-actions', ['-w', 'a.yaml', '--synth', 'make'], 64, '--workloads <file...> or --synth <command>'],
    ['an expression', 'github-actions', ['--synth', 'echo ${{ secrets.KEY }}'], 64, 'without expressions'],
    ['files from elsewhere', 'github-actions', ['-w', '../a.yaml'], 64, 'outside of the repository'],
    ['a branch that is a command', 'github-actions', ['-w', 'a.yaml', '--branch', '$(id)'], 64, 'not the name of a branch'],
    [
      'reviewers that are a command',
      'gitlab-ci',
      [...RUNNER, '-w', 'a.yaml', '--reviewers', 'ann;id'],
      64,
      'not names separated by commas',
    ],
    ['GitLab without an image', 'gitlab-ci', ['-w', 'a.yaml'], 64, '--runner <image>'],
    ['GitHub with one', 'github-actions', ['-w', 'a.yaml', ...RUNNER], 64, 'on its own runners'],
  ])('refuses %s', async (_, engine, options, code, words) => {
    const { run, list } = sandbox({
      'patch-policy.yaml': engine === 'jobs' ? policy(engine).replace(',"cluster":"eu-1"', '') : policy(engine),
    });
    expect(await run('ci', 'promotion', ...options, '-o', '.')).toMatchObject({ code, stderr: expect.stringContaining(words) });
    expect(list()).toEqual(['patch-policy.yaml']);
  });

  it('looks every ten minutes where the schedule depends on a time zone, and says so', async () => {
    const { run } = sandbox({ 'patch-policy.yaml': policy('github-actions', { schedule: '0 22 * * 1-4' }) });
    const { stdout, stderr } = await run('ci', 'promotion', '-w', 'a.yaml');
    expect(stderr).toContain('forges know no time zones');
    expect(stdout.match(/- cron: .*/g)).toEqual(expect.arrayContaining([expect.stringContaining('"*/10 * * * *"')]));
    expect(stdout).not.toContain('22 * *');
  });
});

interface Job {
  readonly permissions: Readonly<Record<string, string>>;
  readonly concurrency?: { readonly group: string };
  readonly environment?: string;
  readonly needs?: readonly string[];
  readonly if?: string;
  readonly env: Readonly<Record<string, string>>;
  readonly steps: readonly { readonly run?: string; readonly uses?: string }[];
}

describe('the workflows for GitHub', () => {
  const jobs = async (...options: readonly string[]): Promise<Readonly<Record<string, Job>>> => {
    const { yaml } = await written('github-actions', ...options);
    for (const file of HUB) expect(yaml(file).permissions).toEqual({});
    return { ...yaml(HUB[0]).jobs, ...yaml(HUB[1]).jobs };
  };

  it('have one job for each stage and step, and may do what it does', async () => {
    const found = Object.entries(await jobs()).map(([name, { permissions }]) => [name, Object.entries(permissions).flat().join(' ')]);
    const write = 'contents write pull-requests write';
    expect(found).toEqual([
      ['promote-staging', write],
      ['promote-production', write],
      ['look-dev', 'contents read'],
      ['deploy-dev', write],
      ['look-staging', 'contents read'],
      ['deploy-staging', write],
      ['look-production', 'contents read'],
      ['deploy-production', write],
    ]);
  });

  it('run one at a time for a stage, and deploy in order, in the environment of the stage', async () => {
    const { 'promote-staging': promote, 'deploy-production': deploy } = await jobs();
    expect(promote?.concurrency?.group).toBe('patchway-promote-staging');
    expect(deploy).toMatchObject({
      concurrency: { group: 'patchway-deploy-production', 'cancel-in-progress': false },
      environment: 'production',
      needs: ['look-production', 'deploy-staging'],
    });
    expect(deploy?.if).toContain("needs.look-production.outputs.answer == 'deploy'");
    expect(deploy?.if).toContain("needs.deploy-staging.result == 'success' || needs.deploy-staging.result == 'skipped'");
  });

  it('pin actions by commit, expand no expression in a script, and leave no credentials in the checkout', async () => {
    const { all } = await written('github-actions');
    for (const [use] of all.matchAll(/uses: .*/g)) expect(use).toMatch(/^uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    expect(all.match(/persist-credentials: false/g)).toHaveLength(8);
    for (const job of Object.values(await jobs())) for (const { run = '' } of job.steps) expect(run).not.toContain('${{');
  });

  it('give only a job with an environment what may deploy', async () => {
    for (const [name, { env, environment }] of Object.entries(await jobs())) {
      const expected = name.startsWith('deploy-') ? 'PATCHWAY_DEPLOY_KUBECONFIG' : 'PATCHWAY_KUBECONFIG';
      expect(env.PATCHWAY_KUBECONFIG).toBe(`\${{ secrets.${expected} }}`);
      expect(environment !== undefined).toBe(name.startsWith('deploy-'));
    }
  });

  it('sign in to clusters with tokens of the forge where that is asked for, and only then', async () => {
    const { 'look-dev': look } = await jobs('--oidc', 'https://k8s.acme.example');
    expect(look?.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
    expect(look?.steps.at(-1)?.run).toContain('&audience=https%3A%2F%2Fk8s.acme.example"');
    expect((await written('github-actions')).all).not.toContain('id-token');
  });

  it('only look where a GitOps controller applies', async () => {
    for (const [name, { env, environment, steps }] of Object.entries(await jobs('--gitops'))) {
      expect(env.PATCHWAY_KUBECONFIG).toBe('${{ secrets.PATCHWAY_KUBECONFIG }}');
      expect(environment).toBeUndefined();
      expect(steps.at(-1)?.run?.includes('--observe')).toBe(!name.startsWith('promote-'));
    }
  });
});

describe('the jobs for GitLab', () => {
  it('promote on a schedule, deploy on the branch, one at a time for a stage', async () => {
    const jobs = (await written('gitlab-ci')).yaml(LAB);
    expect(jobs['patchway-promote-production']).toMatchObject({
      resource_group: 'patchway-promote-production',
      rules: [{ if: '$CI_PIPELINE_SOURCE == "schedule" && $CI_COMMIT_BRANCH == "main"' }],
    });
    expect(jobs['patchway-deploy-production']).toMatchObject({
      resource_group: 'patchway-deploy-production',
      environment: { name: 'production' },
      needs: [{ job: 'patchway-deploy-staging', optional: true }],
    });
    expect(jobs['patchway-deploy-dev'].needs).toEqual([]);
    expect(Object.keys(jobs)).toHaveLength(6);
  });

  it('sign in to clusters with tokens of the forge where that is asked for', async () => {
    const { yaml, all } = await written('gitlab-ci', '--oidc', 'k8s');
    expect(yaml(LAB)['.patchway-promotion'].id_tokens).toEqual({ PATCHWAY_ID_TOKEN: { aud: 'k8s' } });
    expect(all).toContain('kubectl config set users.patchway.tokenFile');
  });
});
