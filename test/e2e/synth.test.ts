import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exec, freshNamespace, hasCluster, kubectl } from './cluster.js';
import { installMonitoringKinds } from './monitoring-kinds.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const yamlExample = join(root, 'examples/storefront-yaml');
/** A shared cluster may hold a storefront already: the same objects are tried in namespaces of this test's own. */
const PREFIX = 'patchway-e2e-synth-';
const NAMESPACES = [`${PREFIX}storefront`, `${PREFIX}storefront-staging`];

describe.runIf(hasCluster())('what synthesis writes', () => {
  const directory = mkdtempSync(join(tmpdir(), 'patchway-synth-'));
  const written = (from: string, file: string) =>
    readFileSync(join(directory, from, file), 'utf8').replaceAll(/namespace: (storefront\S*)/g, `namespace: ${PREFIX}$1`);

  beforeAll(async () => {
    await installMonitoringKinds();
    for (const namespace of NAMESPACES) {
      await freshNamespace(namespace);
      await kubectl(['label', 'namespace', namespace, 'pod-security.kubernetes.io/warn=restricted']);
    }
    execFileSync('npx', ['tsx', '--tsconfig', 'examples/tsconfig.json', 'examples/storefront/main.ts'], {
      cwd: root,
      env: { ...process.env, CDK8S_OUTDIR: join(directory, 'program') },
    });
    const workloads = readdirSync(join(yamlExample, 'workloads')).map((file) => `workloads/${file}`);
    const args = ['synth', 'patch-policy.yaml', '-w', ...workloads, '-o', join(directory, 'command')];
    execFileSync('node', [join(root, 'lib/main.js'), ...args], { cwd: yamlExample });
  });
  afterAll(async () => {
    rmSync(directory, { recursive: true, force: true });
    await kubectl(['delete', 'namespace', ...NAMESPACES, '--ignore-not-found', '--wait=false']);
  });

  it.each([
    ['program', 'staging.k8s.yaml'],
    ['program', 'production.k8s.yaml'],
    ['command', 'staging.k8s.yaml'],
    ['command', 'production.k8s.yaml'],
  ])('by the %s in %s is accepted with strict validation, and every pod is within "restricted"', async (from, file) => {
    const text = written(from, file);
    const objects = text.match(/^kind: /gm)?.length ?? 0;
    const outcome = await exec('kubectl', ['apply', '--server-side', '--dry-run=server', '--validate=strict', '-f', '-'], { input: text });
    // The API server refuses no Deployment or CronJob for its pods: it warns.
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(outcome.stdout.trim().split('\n')).toHaveLength(objects);
    expect(objects).toBeGreaterThan(20);
  });

  it('would be warned of, were a pod not within "restricted"', async () => {
    const text = written('command', 'staging.k8s.yaml').replaceAll('allowPrivilegeEscalation: false', 'allowPrivilegeEscalation: true');
    const { stderr } = await exec('kubectl', ['apply', '--server-side', '--dry-run=server', '-f', '-'], { input: text });
    expect(stderr).toContain('would violate PodSecurity "restricted');
  });
});
