import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { history } from '../../src/cli/history.js';
import type { Io } from '../../src/cli/io.js';
import { report } from '../../src/cli/report.js';
import { parseLock } from '../../src/lock/parse.js';
import type { Manifest } from '../../src/manifest/manifest.js';
import { names } from '../../src/manifest/names.js';
import { toYaml } from '../../src/manifest/yaml.js';
import { planStage } from '../../src/plan.js';
import { definePolicy } from '../../src/policy/define.js';
import { apply, digestOf, freshNamespace, hasCluster, jobLogs, kubectl, kubectlJson, REGISTRY, runCronJob } from './cluster.js';
import { agentBundle, REFERENCE, storeEvidence, suspended } from './promotion-support.js';

const STAGING = 'hist-staging';
const PRODUCTION = 'hist-production';
const PROMOTION = names.promotion('production');

const INPUT = {
  name: 'hist',
  scan: { schedule: '0 3 * * *', scanners: [{ kind: 'grype' }, { kind: 'trivy' }] },
  gate: { deadlines: { critical: '7d', high: '14d', medium: '90d' }, exploited: { deadline: '3d' } },
  rollout: { maxSurge: 1, minReady: '1s', progressDeadline: '60s', drain: '1s' },
  stages: [
    { name: 'staging', namespace: STAGING },
    { name: 'production', namespace: PRODUCTION, after: ['staging'] },
  ],
  promotion: { guard: false },
  monitoring: { prometheus: 'rules-file', exporter: false },
} as const;

function workload(): Manifest {
  const container = {
    name: 'web',
    image: REFERENCE,
    ports: [{ name: 'http', containerPort: 8080 }],
    readinessProbe: { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 1 },
    resources: { requests: { cpu: '10m', memory: '16Mi' } },
  };
  const securityContext = { runAsUser: 65532, runAsGroup: 65532 };
  const spec = { terminationGracePeriodSeconds: 3, securityContext, containers: [container] };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec: { replicas: 1, template: { spec } } };
}

function lockOf(tags: { readonly staging: string; readonly production: string }) {
  const entry = (tag: string) => ({ tag, digest: digestOf(`web:${tag}`), releasedAt: '2026-10-01T00:00:00Z', releasedFrom: 'config' });
  const tool = (name: string, tag: string) => ({ image: `${REGISTRY}/${name}`, tag, digest: digestOf(`${name}:${tag}`) });
  const images = { [REFERENCE]: { staging: entry(tags.staging), production: entry(tags.production) } };
  const tools = { agent: tool('node', '20'), grype: tool('grype', '0.110.0'), trivy: tool('trivy', '0.74.0') };
  return parseLock(JSON.stringify({ schemaVersion: 1, images, tools }), 'images.lock.yaml');
}

describe.runIf(hasCluster())('the history of a real promotion', () => {
  const policy = definePolicy(INPUT);
  const directory = mkdtempSync(join(tmpdir(), 'patchway-history-'));
  let log = '';

  async function tell(command: (io: Io) => Promise<number>): Promise<string> {
    const said: string[] = [];
    const out = (text: string) => void said.push(text);
    const io: Io = { out, err: out, stdin: async () => '', color: false, env: process.env, cwd: directory, now: Date.now };
    expect(await command(io)).toBe(0);
    return said.join('');
  }

  beforeAll(async () => {
    writeFileSync(join(directory, 'policy.json'), JSON.stringify(INPUT));
    for (const namespace of [STAGING, PRODUCTION]) await freshNamespace(namespace);
    const lock = lockOf({ staging: '1.0.2', production: '1.0.0' });
    for (const stage of ['staging', 'production'] as const) {
      const plan = planStage({ policy, stage, workloads: [workload()], lock, agentBundle: agentBundle() });
      expect(plan.problems).toEqual([]);
      await apply(toYaml(plan.manifests.map(suspended)));
    }
    for (const namespace of [STAGING, PRODUCTION])
      await kubectl(['-n', namespace, 'rollout', 'status', 'deployment/web', '--timeout=180s']);
    for (const tag of ['1.0.0', '1.0.2']) await storeEvidence(tag, tag, { policy, namespace: STAGING });
    const end = await runCronJob(PRODUCTION, PROMOTION, 'promote-1');
    log = await jobLogs(PRODUCTION, 'promote-1');
    expect(end, log).toBe('Complete');
  });
  afterAll(() => kubectl(['delete', 'namespace', STAGING, PRODUCTION, '--ignore-not-found', '--wait=false']));

  it('is an Event that the promoter’s own account has made', async () => {
    expect(log).not.toContain('no Event was made');
    const { items } = await kubectlJson<{ items: readonly { reason: string; type: string; message: string }[] }>([
      '-n',
      PRODUCTION,
      'get',
      'events',
      '--field-selector',
      `involvedObject.name=${PROMOTION},source=patchway-promotion`,
    ]);
    expect(items.map(({ reason, type }) => [reason, type])).toEqual([['Promoted', 'Normal']]);
    expect(items[0]?.message).toMatch(/^web: web:1\.0\.2 \(sha256:[0-9a-f]{12}\)\. it ran healthily in staging for /);
  });

  it('reads like a story', async () => {
    const story = await tell((io) => history({ policy: 'policy.json' }, io));
    expect(story).toContain(`production (namespace ${PRODUCTION}), which takes what staging runs\n  It runs web:1.0.2 (sha256:`);
    expect(story).toMatch(
      / UTC {2}Promoted web from web:1\.0\.0 \(sha256:\w+\) to web:1\.0\.2 \(sha256:\w+\)\n {2}Why: It ran healthily in staging for /,
    );
  });

  it('is exported with what the gate said', async () => {
    const [line = ''] = (await tell((io) => history({ policy: 'policy.json', format: 'jsonl' }, io))).split('\n');
    const evidence = [{ reference: REFERENCE, digest: digestOf('web:1.0.2'), verdict: 'pass' }];
    expect(JSON.parse(line)).toMatchObject({ policy: 'hist', stage: 'production', what: 'promoted', evidence });
  });

  it('says what the promotion fixed, and in which time', async () => {
    const page = 'report.html';
    const text = await tell((io) => report({ policy: 'policy.json', stage: 'production', html: page }, io));
    expect(text).toMatch(/ {2}\d+ findings were fixed by 1 promotion\.\n {2}Half of them took at most \d+d/);
    expect(text).toMatch(/ {2}web runs \S+ at 1\.0\.2 \(sha256:\w+\), scanned \S+ \S+ \S+ UTC: pass, as /);
    expect(readFileSync(join(directory, page), 'utf8')).toContain('<h3>What was fixed</h3>');
  });
});
