import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf, eventually, exec, freshNamespace, hasCluster, kubectl, kubectlJson, REGISTRY } from './cluster.js';
import { clusterProgram } from './cluster-program.js';
import { helm4Path } from './helm4.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const example = join(root, 'examples/adopt-yaml');
const EXAMPLE_REGISTRY = 'registry.acme.example/bookshop';
const NAMESPACE = 'patchway-e2e-apply';
const IMAGES = ['web:1.0.0', 'web:1.0.1', 'busybox:1.36'];

describe.runIf(hasCluster())('patchway apply-policy', () => {
  const directory = mkdtempSync(join(tmpdir(), 'patchway-apply-'));
  const inDirectory = (name: string) => join(directory, name);
  const policy = inDirectory('patch-policy.yaml');
  const lock = inDirectory('images.lock.yaml');
  const args = (namespace: string) => [policyFor(namespace), '--stage=production', `--lock=${lock}`];
  const env = {
    PATH: `${directory}:${process.env.PATH}`,
    HELM_DATA_HOME: inDirectory('helm'),
    HELM_CACHE_HOME: inDirectory('cache'),
    HELM_CONFIG_HOME: inDirectory('config'),
  };
  const namespaces: string[] = [];

  /** The example's policy, with a namespace of this test's own. */
  function policyFor(namespace: string): string {
    const file = inDirectory(`${namespace}.yaml`);
    writeFileSync(file, readFileSync(policy, 'utf8').replace('namespace: bookshop,', `namespace: ${namespace},`));
    return file;
  }

  async function namespaceFor(name: string): Promise<string> {
    const namespace = `${NAMESPACE}-${name}`;
    namespaces.push(namespace);
    await freshNamespace(namespace);
    return namespace;
  }

  beforeAll(() => {
    writeFileSync(policy, readFileSync(join(example, 'patch-policy.yaml')));
    const entry = (image: string) =>
      `  ${REGISTRY}/${image}: {production: {tag: "${image.split(':')[1]}", digest: "${digestOf(image)}", releasedAt: 2026-01-01T00:00:00Z, releasedFrom: label}}\n`;
    writeFileSync(lock, `schemaVersion: 1\nimages:\n${IMAGES.map(entry).join('')}`);
    // As an installed package has it on the path.
    writeFileSync(inDirectory('patchway'), `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'lib/main.js')}' "$@"\n`);
    chmodSync(inDirectory('patchway'), 0o755);
  });
  afterAll(async () => {
    for (const namespace of namespaces) await kubectl(['delete', 'namespace', namespace, '--wait=false']);
    rmSync(directory, { recursive: true, force: true });
  });

  it('stands between kubectl kustomize and kubectl apply', async () => {
    const namespace = await namespaceFor('kustomize');
    const images = ['web', 'busybox'].map((name) => `  - {name: ${EXAMPLE_REGISTRY}/${name}, newName: ${REGISTRY}/${name}}`).join('\n');
    const overlay = mkdtempSync(join(directory, 'overlay-'));
    const base = relative(overlay, join(example, 'kustomize/production'));
    writeFileSync(join(overlay, 'kustomization.yaml'), `resources: [${base}]\nnamespace: ${namespace}\nimages:\n${images}\n`);

    const rendered = await kubectl(['kustomize', overlay]);
    const applied = await exec('patchway', ['apply-policy', ...args(namespace)], { input: rendered, env });
    expect(applied).toMatchObject({ code: 0 });
    expect(await exec('patchway', ['apply-policy', ...args(namespace)], { input: applied.stdout, env })).toEqual(applied);
    await kubectl(['apply', '--server-side', '--validate=strict', '-f', '-'], applied.stdout);
    await kubectl(['-n', namespace, 'rollout', 'status', 'deployment/shop', '--timeout=180s']);

    await runsByDigest(namespace, { shop: 3 }, [`web:1.0.0`, 'busybox:1.36']);
    const { spec } = await kubectlJson<{ spec: Record<string, unknown> }>(['-n', namespace, 'get', 'deployment', 'shop']);
    expect(spec).toMatchObject({ replicas: 3, minReadySeconds: 5, strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } });
    expect(await kubectl(['-n', namespace, 'get', 'cronjob', 'reports', '-o', 'yaml'])).toContain(`@${digestOf('busybox:1.36')}`);
  });

  // Either may have to be built first, which takes minutes.
  const paths = new Map<string, string>();
  beforeAll(async () => void paths.set('3', await clusterProgram('helm').path()));
  beforeAll(async () => void paths.set('4', await helm4Path()));

  const HELMS = [
    { version: '3', renderer: ['--post-renderer', 'patchway', '--post-renderer-args', 'apply-policy'] },
    { version: '4', renderer: ['--post-renderer', 'patchway'] },
  ];

  // Side by side, as they mostly wait.
  it.concurrent.each(HELMS)('renders for Helm $version: install, upgrade, rollback', async ({ version, renderer }) => {
    const helm = paths.get(version) ?? '';
    const namespace = await namespaceFor(`helm${version}`);
    const run = async (...command: readonly string[]) => {
      const outcome = await exec(helm, [...command, '--namespace', namespace], { env });
      expect(outcome.code, `${command.join(' ')}: ${outcome.stderr}`).toBe(0);
      return outcome.stdout;
    };
    if (version === '4') {
      expect(await exec('patchway', ['init', '--helm-plugin', inDirectory('plugin')], { env })).toMatchObject({ code: 0 });
      await run('plugin', 'install', inDirectory('plugin'));
    }
    const through = [...renderer, ...args(namespace).flatMap((arg) => ['--post-renderer-args', arg])];
    const settings = ['--set', `registry=${REGISTRY}`, '--wait', '--timeout', '5m'];

    await run('install', 'shop', join(example, 'chart'), ...settings, ...through);
    await runsByDigest(namespace, COMPONENTS, ['web:1.0.0']);
    expect(await run('get', 'manifest', 'shop')).toContain(`image: "${REGISTRY}/web:1.0.0@${digestOf('web:1.0.0')}"`);
    // Helm's own hooks ran as they are written, and its test passes.
    expect(await run('get', 'hooks', 'shop')).toContain(`image: ${REGISTRY}/busybox:1.36\n`);
    await run('test', 'shop', '--timeout', '2m');

    await run('upgrade', 'shop', join(example, 'chart'), ...settings, '--set', 'image.tag=1.0.1', ...through);
    await runsByDigest(namespace, COMPONENTS, ['web:1.0.1']);

    const refused = await exec(
      helm,
      ['upgrade', 'shop', join(example, 'chart'), ...settings, '--set', 'image.tag=9', ...through, '-n', namespace],
      { env },
    );
    expect(refused.code).not.toBe(0);
    // Helm 4 keeps to itself what a plugin says.
    if (version === '3') expect(refused.stderr).toContain('web:9 is not locked for stage production');
    await runsByDigest(namespace, COMPONENTS, ['web:1.0.1']);

    await run('rollback', 'shop', '1', '--wait', '--timeout', '5m');
    await runsByDigest(namespace, COMPONENTS, ['web:1.0.0']);
    await run('uninstall', 'shop', '--wait');
  });
});

/** Ready pods of the chart, by component. */
const COMPONENTS = { web: 2, api: 2, search: 1, checkout: 2, worker: 1, cache: 2, agent: 1 };

interface Pods {
  readonly items: readonly {
    readonly metadata: {
      readonly labels: Record<string, string>;
      readonly deletionTimestamp?: string;
      readonly annotations?: Record<string, string>;
    };
    readonly spec: {
      readonly containers: readonly { readonly image: string }[];
      readonly initContainers?: readonly { readonly image: string }[];
    };
    readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  }[];
}

/** Waits until exactly these pods are ready, and every container of them runs an image by digest, these among them. */
async function runsByDigest(namespace: string, wanted: Readonly<Record<string, number>>, images: readonly string[]): Promise<void> {
  const expected = images.map((image) => `${REGISTRY}/${image}@${digestOf(image)}`);
  await eventually(`pods of ${namespace} by digest`, async () => {
    const { items } = await kubectlJson<Pods>(['-n', namespace, 'get', 'pods']);
    const serving = items.filter(
      ({ metadata }) => metadata.labels?.app !== undefined || metadata.labels?.['app.kubernetes.io/name'] !== undefined,
    );
    const counts: Record<string, number> = {};
    for (const { metadata, status } of serving) {
      const name = metadata.labels['app.kubernetes.io/name'] ?? metadata.labels.app ?? '';
      const ready = status.conditions?.some(({ type, status: state }) => type === 'Ready' && state === 'True');
      if (metadata.deletionTimestamp === undefined && ready) counts[name] = (counts[name] ?? 0) + 1;
    }
    expect(counts).toEqual(wanted);
    for (const { metadata, spec } of serving.filter((pod) => pod.metadata.deletionTimestamp === undefined)) {
      const used = [...(spec.initContainers ?? []), ...spec.containers].map(({ image }) => image);
      expect(
        used.every((image) => /@sha256:[0-9a-f]{64}$/.test(image)),
        JSON.stringify(metadata.labels),
      ).toBe(true);
      expect(used.some((image) => image === expected[0])).toBe(true);
    }
    const all = serving.flatMap(({ spec }) => spec.containers.map(({ image }) => image));
    for (const image of expected) expect(all).toContain(image);
    return true;
  });
}
