import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** `host:port` of the test registry; its images are described in the cluster's README. */
export const REGISTRY = process.env.PATCHWAY_TEST_REGISTRY ?? '';
export const TRIVY_DB = process.env.PATCHWAY_TEST_TRIVY_DB ?? '';
export const GRYPE_DB = process.env.PATCHWAY_TEST_GRYPE_DB ?? '';

/** Whether there is a cluster to test on. In CI there must be one: its absence fails instead of skipping. */
export function hasCluster(): boolean {
  const present = process.env.KUBECONFIG !== undefined && REGISTRY !== '';
  if (!present && process.env.CI !== undefined) throw new Error('KUBECONFIG and PATCHWAY_TEST_REGISTRY must be set in CI');
  if (!present) console.warn('end-to-end tests skipped: set KUBECONFIG and PATCHWAY_TEST_REGISTRY to run them');
  return present;
}

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, whatever it exits with; `input` is its standard input. */
export async function exec(
  command: string,
  args: readonly string[],
  options: { input?: string; env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<Outcome> {
  const child = run(command, [...args], { maxBuffer: 256 * 2 ** 20, cwd: options.cwd, env: { ...process.env, ...options.env } });
  // A program may end before it has read its input.
  child.child.stdin?.on('error', () => undefined);
  child.child.stdin?.end(options.input ?? '');
  return child.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code?: number | string; stdout?: string; stderr?: string; message: string }) => ({
      code: typeof error.code === 'number' ? error.code : 1,
      stdout: error.stdout ?? '',
      stderr: error.stderr || error.message,
    }),
  );
}

/** Runs kubectl and returns what it printed; throws with its message when it fails. */
export async function kubectl(args: readonly string[], input?: string): Promise<string> {
  const outcome = await exec('kubectl', args, input === undefined ? {} : { input });
  if (outcome.code !== 0) throw new Error(`kubectl ${args.join(' ')}: exit ${outcome.code}\n${outcome.stderr}`);
  return outcome.stdout;
}

export async function kubectlJson<T = Record<string, unknown>>(args: readonly string[]): Promise<T> {
  return JSON.parse(await kubectl([...args, '-o', 'json'])) as T;
}

/** Server-side apply with strict field validation, as a GitOps tool or a person would. */
export async function apply(yaml: string, manager = 'kubectl'): Promise<string> {
  return kubectl(['apply', '--server-side', '--validate=strict', `--field-manager=${manager}`, '-f', '-'], yaml);
}

/** A namespace that enforces Pod Security "restricted"; one left by an earlier run is removed first. */
export async function freshNamespace(name: string): Promise<void> {
  await kubectl(['delete', 'namespace', name, '--ignore-not-found', '--wait']);
  await kubectl(['create', 'namespace', name]);
  await kubectl(['label', 'namespace', name, 'pod-security.kubernetes.io/enforce=restricted']);
}

/** Polls until `check` returns something other than undefined; its last error or the description is thrown at the deadline. */
export async function eventually<T>(what: string, check: () => Promise<T | undefined>, seconds = 180): Promise<T> {
  const end = Date.now() + seconds * 1000;
  let last: unknown;
  while (Date.now() < end) {
    try {
      const value = await check();
      if (value !== undefined) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`${what}: not within ${seconds} s${last === undefined ? '' : `: ${String(last)}`}`);
}

/** The digest of an image in the test registry. Without one none: the tables of tests that are skipped are made all the same. */
export function digestOf(image: string): string {
  if (REGISTRY === '') return 'sha256:none';
  const [name = '', tag = 'latest'] = image.split(':');
  const headers = execFileSync(
    'curl',
    [
      '-fsSI',
      '-H',
      'Accept: application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.v2+json',
      `http://${REGISTRY}/v2/${name}/manifests/${tag}`,
    ],
    { encoding: 'utf8' },
  );
  const digest = /^docker-content-digest: (\S+)/im.exec(headers)?.[1];
  if (digest === undefined) throw new Error(`${image}: the registry named no digest`);
  return digest;
}

/** How often something is repeated: as PATCHWAY_REPEAT says, `full` being as often as was asked for; 3 times without it. */
export function repetitions(full: number): number {
  const asked = process.env.PATCHWAY_REPEAT ?? '3';
  return asked === 'full' ? full : Math.min(full, Number(asked));
}

/** Runs a CronJob now, as `kubectl create job --from`, and waits for the Job's end. */
export async function runCronJob(namespace: string, cronJob: string, job: string, seconds = 300): Promise<'Complete' | 'Failed'> {
  await kubectl(['-n', namespace, 'delete', 'job', job, '--ignore-not-found', '--wait']);
  await kubectl(['-n', namespace, 'create', 'job', job, `--from=cronjob/${cronJob}`]);
  return eventually(
    `job ${namespace}/${job}`,
    async () => {
      const { status } = await kubectlJson<{ status: { conditions?: { type: string; status: string }[] } }>([
        '-n',
        namespace,
        'get',
        'job',
        job,
      ]);
      const end = status.conditions?.find((c) => (c.type === 'Complete' || c.type === 'Failed') && c.status === 'True');
      return end?.type as 'Complete' | 'Failed' | undefined;
    },
    seconds,
  );
}

/** What the containers of a Job's pods printed. */
export async function jobLogs(namespace: string, job: string): Promise<string> {
  return kubectl(['-n', namespace, 'logs', '--all-containers', '--prefix', '--tail=-1', '-l', `job-name=${job}`]);
}
