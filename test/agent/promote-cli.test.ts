import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Io } from '../../src/cli/io.js';
import { promoteTo } from '../../src/cli/promote.js';
import type { StageConfig } from '../../src/manifest/stage-config.js';
import { loadPolicy } from '../../src/policy/load.js';
import { sets } from '../promotion/support.js';
import { FakeCluster, PRODUCTION, paths, stageConfig } from './promote-cluster.js';

const directory = mkdtempSync(join(tmpdir(), 'patchway-promote-'));
const policyFile = join(directory, 'patch-policy.json');
writeFileSync(
  policyFile,
  JSON.stringify({
    name: 'storefront',
    scan: { schedule: '17 3 * * *', scanners: [{ kind: 'grype' }] },
    gate: { deadlines: { critical: '7d', high: '14d', medium: '30d', low: '90d' } },
    stages: [
      { name: 'staging', namespace: 'storefront-staging' },
      { name: 'production', namespace: PRODUCTION, after: ['staging'] },
    ],
  }),
);
afterAll(() => rmSync(directory, { recursive: true }));

const CRON_JOB = `/apis/batch/v1/namespaces/${PRODUCTION}/cronjobs/patchway-promotion-production`;

interface Outcome {
  readonly end: Promise<number>;
  readonly out: string[];
  readonly err: string[];
  readonly closed: () => boolean;
}

function command(cluster: FakeCluster, options: { readonly to?: string; readonly dryRun?: boolean } = {}): Outcome {
  const [out, err]: [string[], string[]] = [[], []];
  let closed = false;
  const io: Io = {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    stdin: async () => '',
    color: false,
    env: { USER: 'ada' },
    cwd: directory,
    now: () => cluster.now,
  };
  const connected = Object.assign(cluster, {
    close: () => {
      closed = true;
    },
  });
  const sleep = async (ms: number) => {
    cluster.now += ms;
  };
  const end = promoteTo({ policy: 'patch-policy.json', to: 'production', ...options }, io, { connect: async () => connected, sleep });
  return { end, out, err, closed: () => closed };
}

/** A cluster with the stage's CronJob and the configuration that it mounts. */
function installed(hash = loadPolicy(policyFile).hash): FakeCluster {
  const cluster = new FakeCluster();
  const config: StageConfig = { ...stageConfig(), policy: { ...stageConfig().policy, hash } };
  const volumes = [
    { name: 'agent', configMap: { name: 'agent-1' } },
    { name: 'config', configMap: { name: 'config-1' } },
  ];
  cluster.put(CRON_JOB, { spec: { jobTemplate: { spec: { template: { spec: { volumes } } } } } });
  cluster.put(paths.configMap(PRODUCTION, 'config-1'), { data: { 'config.json': JSON.stringify(config) } });
  for (const [path, { data }] of cluster.objects) {
    if (path.includes('evidence')) {
      const evidence = JSON.parse((data as { evidence: string }).evidence);
      cluster.put(path, { data: { evidence: JSON.stringify({ ...evidence, policyHash: hash }) } });
    }
  }
  return cluster;
}

describe('patchway promote', () => {
  it("promotes by the configuration of the stage's CronJob, as whoever calls it", async () => {
    const cluster = installed();
    const holders: unknown[] = [];
    cluster.after = (request) => {
      if (request === `PUT ${paths.lease}`)
        holders.push((cluster.objects.get(paths.lease) as { spec?: { holderIdentity?: string } }).spec?.holderIdentity);
    };
    const { end, out, err, closed } = command(cluster);
    expect(await end).toBe(0);
    expect(cluster.state).toMatchObject({ workloads: { web: { current: sets('B').web } } });
    expect(holders[0]).toMatch(/^ada@/);
    expect(out.join('')).toMatch(/promoted: Stage production runs .*\n.*done:/);
    expect(err).toEqual([]);
    expect(closed()).toBe(true);
  });

  it('exits 2 where it is blocked, with who can unblock it', async () => {
    const cluster = installed();
    cluster.scanned({ web: [], api: [] });
    const { end, out } = command(cluster);
    expect(await end).toBe(2);
    expect(out.at(-1)).toMatch(/blocked: The gate is closed .* Let the scans of staging run/);
  });

  it('does nothing in a dry run', async () => {
    const cluster = installed();
    const { end, out } = command(cluster, { dryRun: true });
    expect(await end).toBe(0);
    expect(out.at(-1)).toMatch(/next, were this no dry run: promote/);
    expect(cluster.applied).toEqual([]);
  });

  it('says that the cluster promotes by another policy', async () => {
    const { end, err } = command(installed('another'), { dryRun: true });
    expect(await end).toBe(0);
    expect(err.join('')).toMatch(/patch-policy\.json is not the policy that the cluster promotes by/);
  });

  it.each([
    { to: 'staging', says: /--to staging: this stage comes after none, its images come from the lock; it promotes to production/ },
    { to: 'prod', says: /--to prod: the policy has no such stage; it promotes to production/ },
  ])('is not for --to $to', async ({ to, says }) => {
    const { end } = command(installed(), { to });
    await expect(end).rejects.toThrow(says);
    await expect(end).rejects.toMatchObject({ exitCode: 64 });
  });

  it.each([
    { what: 'CronJob patchway-promotion-production', path: CRON_JOB },
    { what: "ConfigMap config-1 with the stage's configuration", path: paths.configMap(PRODUCTION, 'config-1') },
  ])('says that there is no $what, and lets go of kubectl', async ({ what, path }) => {
    const cluster = installed();
    cluster.objects.delete(path);
    const { end, closed } = command(cluster);
    await expect(end).rejects.toThrow(`there is no ${what} in namespace storefront`);
    expect(closed()).toBe(true);
  });
});
