import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { digestOf, exec, kubectl, kubectlJson, type Outcome, REGISTRY } from './cluster.js';

export const PATCHWAY = join(fileURLToPath(new URL('../..', import.meta.url)), 'lib/main.js');
export const REPOSITORY = `${REGISTRY}/web`;
export const REFERENCE = `${REPOSITORY}:1`;

export type Forge = 'github-actions' | 'gitlab-ci';

/** Namespaces of one forge's stages. */
export interface Places {
  readonly staging: string;
  readonly production: string;
}

export function policyOf(engine: Forge, { staging, production }: Places): object {
  return {
    name: staging.slice(0, 25),
    scan: { schedule: '0 3 * * *', scanners: [{ kind: 'grype' }, { kind: 'trivy' }] },
    gate: { deadlines: { critical: '7d', high: '14d', medium: '90d' }, exploited: { deadline: '3d' } },
    rollout: { maxSurge: 1, minReady: '2s', progressDeadline: '30s', drain: '1s' },
    stages: [
      { name: 'staging', namespace: staging },
      { name: 'production', namespace: production, after: ['staging'] },
    ],
    promotion: { engine },
    monitoring: { prometheus: 'rules-file', exporter: false },
  };
}

export function lockOf(tags: { readonly staging: string; readonly production: string }): string {
  const tool = (name: string, tag: string) => `{image: ${REGISTRY}/${name}, tag: "${tag}", digest: "${digestOf(`${name}:${tag}`)}"}`;
  return `schemaVersion: 1
images:
  ${REFERENCE}: # what web means
    staging: ${entryOf(tags.staging)}
    production: ${entryOf(tags.production)}
tools:
  agent: ${tool('node', '20')}
  grype: ${tool('grype', '0.110.0')}
  trivy: ${tool('trivy', '0.74.0')}
`;
}

export function entryOf(tag: string): string {
  return `{tag: ${tag}, digest: "${digestOf(`web:${tag}`)}", releasedAt: 2026-10-01T00:00:00Z, releasedFrom: config}`;
}

/** `serve`: `web:broken` only sleeps by itself, and serves where it is told to. */
export function workloadIn(namespace: string, serve: boolean): string {
  const container = {
    name: 'web',
    image: REFERENCE,
    ...(serve ? { args: ['httpd', '-f', '-p', '8080', '-h', '/www'] } : {}),
    ports: [{ name: 'http', containerPort: 8080 }],
    readinessProbe: { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 1 },
    resources: { requests: { cpu: '10m', memory: '16Mi' } },
  };
  const pod = { terminationGracePeriodSeconds: 5, securityContext: { runAsUser: 65532, runAsGroup: 65532 }, containers: [container] };
  const metadata = { name: 'web', namespace };
  return JSON.stringify({ apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { replicas: 2, template: { spec: pod } } });
}

/** A kubeconfig of a service account, or of whoever runs the tests. */
export async function kubeconfigOf(account?: { readonly namespace: string; readonly name: string }): Promise<string> {
  const config = await kubectlJson<Kubeconfig>(['config', 'view', '--raw', '--minify', '--flatten']);
  if (account === undefined) return JSON.stringify(config);
  const token = (await kubectl(['-n', account.namespace, 'create', 'token', account.name, '--duration=2h'])).trim();
  return JSON.stringify({ ...config, users: config.users.map(({ name }) => ({ name, user: { token } })) });
}

interface Kubeconfig {
  readonly users: readonly { readonly name: string }[];
}

/**
 * A repository on a forge: a bare one that stands for it, a checkout, and programs in the place of npx and gh. What they
 * are called with is in `calls`.
 */
export async function repository(files: Readonly<Record<string, string>>) {
  const root = mkdtempSync(join(tmpdir(), 'patchway-forge-'));
  const [bare, work] = [join(root, 'acme.git'), join(root, 'work')];
  const write = (name: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
    chmodSync(join(root, name), mode);
  };
  const calls = () =>
    existsSync(join(root, 'calls'))
      ? readFileSync(join(root, 'calls'), 'utf8')
          .split('\n')
          .filter((line) => line !== '')
      : [];
  write('bin/npx', `#!/bin/sh\nshift 2\nexec node ${PATCHWAY} "$@"\n`, 0o755);
  // A list answers the number of the pull request that was opened for a branch that is still there.
  write(
    'bin/gh',
    `#!/bin/sh
echo "gh $*" >> ${root}/calls
[ "$2" != list ] || for ref in $(git -C ${bare} for-each-ref --format='%(refname:short)' refs/heads/patchway); do
  case "$*" in *"--head $ref "*) grep -q "gh pr create .*--head $ref " ${root}/calls && echo 7 ;; esac
done
exit 0
`,
    0o755,
  );
  const git = async (...args: readonly string[]): Promise<string> => {
    const outcome = await exec('git', ['-C', work, '-c', 'user.name=ann', '-c', 'user.email=ann@acme.example', ...args]);
    if (outcome.code !== 0) throw new Error(`git ${args.join(' ')}: ${outcome.stderr}`);
    return outcome.stdout.trim();
  };
  await exec('git', ['init', '-q', '--bare', '-b', 'main', bare]);
  await exec('git', ['-C', bare, 'config', 'receive.advertisePushOptions', 'true']);
  write(
    'acme.git/hooks/post-receive',
    `#!/bin/sh
i=0; while [ "$i" -lt "\${GIT_PUSH_OPTION_COUNT:-0}" ]; do eval "echo \\"push -o \\$GIT_PUSH_OPTION_$i\\"" >> ${root}/calls; i=$((i + 1)); done
`,
    0o755,
  );
  await exec('git', ['clone', '-q', bare, work]);
  const commit = async (changed: Readonly<Record<string, string>>) => {
    for (const [name, text] of Object.entries(changed)) write(join('work', name), text);
    await git('add', '--all', '--', ...Object.keys(changed));
    await git('commit', '-q', '-m', 'Change');
    await git('push', '-q', 'origin', 'HEAD:main');
  };
  await commit(files);
  const branches = async () =>
    (await exec('git', ['-C', bare, 'for-each-ref', '--format=%(refname:short)', 'refs/heads'])).stdout.trim().split('\n');
  const show = async (ref: string, file: string) => (await exec('git', ['-C', bare, 'show', `${ref}:${file}`])).stdout;
  return {
    work,
    calls,
    commit,
    branches,
    show,
    read: (name: string) => readFileSync(join(work, name), 'utf8'),
    commitOf: async (branch: string) => (await exec('git', ['-C', bare, 'rev-parse', branch])).stdout.trim(),
    merge: async (branch: string) => {
      await git('fetch', '-q', 'origin');
      await git('merge', '-q', '--no-ff', '-m', `Merge ${branch}`, `origin/${branch}`);
      await git('push', '-q', 'origin', 'HEAD:main');
    },
    /** Runs a job's script on a fresh checkout, as a runner does. GitLab's may have no bash. */
    run: async (engine: Forge, script: string, env: NodeJS.ProcessEnv): Promise<Outcome> => {
      const checkout = mkdtempSync(join(root, 'run-'));
      await exec('git', ['clone', '-q', `file://${bare}`, checkout]);
      const own = {
        PATH: `${join(root, 'bin')}:${process.env.PATH}`,
        RUNNER_TEMP: mkdtempSync(join(root, 'temp-')),
        GITHUB_REPOSITORY: 'acme/shop',
        GITHUB_EVENT_NAME: 'push',
        GITHUB_OUTPUT: join(root, 'output'),
        CI_PIPELINE_SOURCE: 'push',
        CI_PROJECT_URL: bare.replace(/\.git$/, ''),
        CI_PROJECT_DIR: checkout,
        PATCHWAY_TOKEN: 'secret',
      };
      writeFileSync(own.GITHUB_OUTPUT, '');
      const [shell, options] = engine === 'github-actions' ? ['bash', '-eo pipefail -c'] : ['sh', '-e -c'];
      const outcome = await exec(shell ?? '', [...(options ?? '').split(' '), script], { cwd: checkout, env: { ...own, ...env } });
      return { ...outcome, stdout: `${outcome.stdout}${readFileSync(own.GITHUB_OUTPUT, 'utf8')}` };
    },
    /** A file of the forge's runner, such as a kubeconfig. */
    place: (name: string, text: string) => {
      write(name, text);
      return join(root, name);
    },
  };
}

interface Step {
  readonly run?: string;
}

/** The scripts of every job that `patchway ci promotion` writes, by the job's name. */
export async function scriptsIn(work: string, engine: Forge): Promise<Readonly<Record<string, string>>> {
  const runner = engine === 'gitlab-ci' ? ['--runner', 'registry.acme.example/runner:1'] : [];
  const options = ['-w', 'k8s/staging.json', 'k8s/production.json', '--reviewers', 'ann', ...runner, '-o', '.'];
  const written = await exec('node', [PATCHWAY, 'ci', 'promotion', ...options], { cwd: work });
  if (written.code !== 0) throw new Error(written.stderr);
  const read = (name: string) => parse(readFileSync(join(work, name), 'utf8'));
  if (engine === 'gitlab-ci') {
    const jobs: Record<string, { readonly script?: readonly string[] }> = read('.gitlab/patchway-promotion.yml');
    return Object.fromEntries(
      Object.entries(jobs).flatMap(([name, { script }]) =>
        script === undefined ? [] : [[name.replace('patchway-', ''), script.join('\n')]],
      ),
    );
  }
  const jobs: Record<string, { readonly steps: readonly Step[] }> = {
    ...read('.github/workflows/patchway-promote.yml').jobs,
    ...read('.github/workflows/patchway-deploy.yml').jobs,
  };
  return Object.fromEntries(Object.entries(jobs).map(([name, { steps }]) => [name, steps.flatMap(({ run = [] }) => run).join('\n')]));
}
