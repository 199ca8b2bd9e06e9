import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  apply,
  digestOf,
  eventually,
  exec,
  freshNamespace,
  GRYPE_DB,
  hasCluster,
  jobLogs,
  kubectl,
  kubectlJson,
  REGISTRY,
  runCronJob,
  TRIVY_DB,
} from './cluster.js';

/** One policy, four outputs, by the command line alone: as a team would do it that writes no code. */
const POLICY = `
name: story
scan:
  schedule: 17 3 * * *
  scanners:
    - {kind: grype, database: "${GRYPE_DB}"}
    - {kind: trivy, database: "${TRIVY_DB}"}
gate:
  deadlines: {critical: 7d, high: 14d, medium: 60d, low: 180d}
  exploited: {deadline: 3d}
rollout: {maxSurge: 1, minReady: 1s, progressDeadline: 60s, drain: 2s}
stages:
  - {name: staging, namespace: story-staging, replicas: 1}
  - {name: production, namespace: story, after: [staging], soak: 5s, replicas: 2}
promotion: {schedule: 0 4 1 1 *}
monitoring: {prometheus: rules-file}
`;

const WORKLOAD = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      terminationGracePeriodSeconds: 5
      securityContext: {runAsUser: 65532}
      containers:
        - name: web
          image: ${REGISTRY}/web:1
          ports: [{name: http, containerPort: 8080}]
          readinessProbe: {httpGet: {path: /healthz, port: http}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app.kubernetes.io/name: web}
  ports: [{port: 80, targetPort: http}]
`;

const LOCK = `schemaVersion: 1
# What runs where.
images:
  ${REGISTRY}/web:1:
    staging: {tag: 1.0.0, digest: "sha256:${'0'.repeat(64)}", releasedAt: 2026-10-01T00:00:00Z, releasedFrom: config}
tools:
  agent: {image: ${REGISTRY}/node, tag: "20"}
  grype: {image: ${REGISTRY}/grype, tag: 0.110.0}
  trivy: {image: ${REGISTRY}/trivy, tag: 0.74.0}
`;

const main = fileURLToPath(new URL('../../lib/main.js', import.meta.url));

describe.runIf(hasCluster())('one policy, four outputs, on a real cluster', () => {
  const directory = mkdtempSync(join(tmpdir(), 'patchway-story-'));
  const lockFile = join(directory, 'images.lock.yaml');
  const patchway = (...args: string[]) => exec(process.execPath, [main, ...args], { cwd: directory });
  const ok = async (...args: string[]) => {
    const outcome = await patchway(...args);
    expect(outcome, outcome.stderr).toMatchObject({ code: 0 });
    return outcome.stdout;
  };
  const lockUpdate = () => ok('lock', 'update', '--policy', 'policy.yaml', '--workloads', 'web.yaml');
  const synth = async () => {
    await ok('synth', 'policy.yaml', '--workloads', 'web.yaml');
    return (stage: string) => readFileSync(join(directory, 'dist', `${stage}.k8s.yaml`), 'utf8');
  };
  const image = async (namespace: string) => {
    const { spec } = await kubectlJson<{ spec: { template: { spec: { containers: { image: string }[] } } } }>([
      '-n',
      namespace,
      'get',
      'deployment',
      'web',
    ]);
    return spec.template.spec.containers[0]?.image;
  };
  const locked = (tag: string) => `${REGISTRY}/web:${tag}@${digestOf(`web:${tag}`)}`;
  const rolledOut = (namespace: string) => kubectl(['-n', namespace, 'rollout', 'status', 'deployment', '--timeout=180s']);
  const promote = async (job: string) => {
    expect(await runCronJob('story', 'patchway-promotion-production', job)).toBe('Complete');
    return jobLogs('story', job);
  };
  const metrics = async (namespace: string, stage: string) => {
    const text = await kubectl([
      'get',
      '--raw',
      `/api/v1/namespaces/${namespace}/services/patchway-exporter-${stage}:metrics/proxy/metrics`,
    ]);
    return (name: string) =>
      text
        .split('\n')
        .filter((line) => line.startsWith(`${name}{`))
        .map((line) => Number(line.split(' ').at(-1)))
        .reduce((sum, value) => sum + value, 0);
  };
  let old = '';

  beforeAll(async () => {
    for (const namespace of ['story-staging', 'story']) await freshNamespace(namespace);
    writeFileSync(join(directory, 'policy.yaml'), POLICY);
    writeFileSync(join(directory, 'web.yaml'), WORKLOAD);
    writeFileSync(lockFile, LOCK);
  });
  afterAll(async () => {
    rmSync(directory, { recursive: true, force: true });
    await kubectl(['delete', 'namespace', 'story', 'story-staging', '--ignore-not-found', '--wait=false']);
  });

  it('resolves the lock, synthesizes both stages and deploys them', async () => {
    await ok('validate', 'policy.yaml');
    await lockUpdate();
    expect(readFileSync(lockFile, 'utf8')).toContain('# What runs where.');
    const manifest = await synth();
    old = manifest('production');
    for (const stage of ['staging', 'production']) await apply(manifest(stage));
    for (const namespace of ['story-staging', 'story']) {
      await rolledOut(namespace);
      expect(await image(namespace)).toBe(locked('1.0.0'));
    }
  });

  it.each([
    ['story-staging', 'staging'],
    ['story', 'production'],
  ])('scans what runs in %s, and the exporter serves what was found', async (namespace, stage) => {
    expect(await runCronJob(namespace, `patchway-scan-${stage}`, 'scan')).toBe('Complete');
    expect(await jobLogs(namespace, 'scan')).toMatch(/verdict fail/);
    const metric = await eventually('the exporter’s answer', () => metrics(namespace, stage), 60);
    expect(metric('patchway_findings')).toBe(8);
    expect(metric('patchway_findings_exploited')).toBe(1);
    expect(metric('patchway_drift')).toBe(0);
    expect(metric('patchway_gate_closes_timestamp_seconds')).toBeLessThan(Date.now() / 1000);
  });

  it('moves staging by the lock and production by promotion, once', async () => {
    writeFileSync(lockFile, readFileSync(lockFile, 'utf8').replace('{tag: 1.0.0', '{tag: 1.0.2'));
    await lockUpdate();
    await apply((await synth())('staging'));
    await rolledOut('story-staging');
    expect(await image('story-staging')).toBe(locked('1.0.2'));
    expect(await runCronJob('story-staging', 'patchway-scan-staging', 'scan')).toBe('Complete');
    expect(await jobLogs('story-staging', 'scan')).toMatch(/verdict pass/);

    const log = await eventually('the promotion after its soak', async () => {
      const said = await promote('promote');
      return said.includes('promoted:') ? said : undefined;
    });
    expect(log).toMatch(/the gate is open/);
    expect(await image('story')).toBe(locked('1.0.2'));
    expect(await promote('again')).toMatch(/done: Stage production runs what staging runs/);
    const metric = await metrics('story', 'production');
    expect(metric('patchway_promotion_last_success_timestamp_seconds')).toBeGreaterThan(Date.now() / 1000 - 600);
  });

  it('keeps what was promoted when old manifests come again, until the lock has pulled it', async () => {
    const again = await exec('kubectl', ['apply', '--server-side', '-f', '-'], { input: old });
    expect(again.stderr).toMatch(/conflict with "patchway-promotion"/);
    expect(await image('story')).toBe(locked('1.0.2'));
    await ok('lock', 'pull', '--policy', 'policy.yaml');
    await apply((await synth())('production'));
    expect(await image('story')).toBe(locked('1.0.2'));
  });
});
