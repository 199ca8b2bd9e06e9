import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ValidateFunction } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { runIn } from '../cli/fake-io.js';
import { digestOf, exec, freshNamespace, hasCluster, kubectl, REGISTRY, runCronJob } from './cluster.js';
import { applyScan, CRON_JOB, storedIn, testPolicy, webWorkload } from './scan-support.js';
import { renovateSchema, schemaStore, validatorOf } from './schemas.js';

const EXAMPLE = fileURLToPath(new URL('../../examples/storefront-yaml', import.meta.url));

describe('the configuration of updaters', () => {
  const written = async (updater: string) => {
    const { code, stdout } = await runIn(EXAMPLE, ['ci', updater, '--minimum-age', '3d']);
    expect(code).toBe(0);
    return stdout;
  };
  const errorsOf = (validate: ValidateFunction, document: unknown) => {
    validate(document);
    return validate.errors ?? [];
  };

  it('is Renovate’s by its schema, which sees what is wrong', async () => {
    const validate = validatorOf(await renovateSchema());
    const config = JSON.parse(await written('renovate'));
    expect(errorsOf(validate, config)).toEqual([]);
    const [first, ...managers] = config.customManagers;
    expect(errorsOf(validate, { ...config, customManagers: [{ ...first, matchStringsStrategy: 'all' }, ...managers] })).not.toEqual([]);
    const [rule, ...rules] = config.packageRules;
    expect(errorsOf(validate, { ...config, packageRules: [{ ...rule, matchDatasources: 7 }, ...rules] })).not.toEqual([]);
  });

  it('is Dependabot’s by its schema, which sees what is wrong', async () => {
    const validate = validatorOf(join(await schemaStore(), 'dependabot-2.0.json'));
    const config = parse(await written('dependabot'));
    expect(errorsOf(validate, config)).toEqual([]);
    const [update] = config.updates;
    expect(errorsOf(validate, { ...config, updates: [{ ...update, schedule: { interval: 'now and then' } }] })).not.toEqual([]);
  });
});

/** The test cluster's own program, beside the repository: it has crane. */
const CLUSTER = fileURLToPath(new URL('../../../shared/cluster/cluster', import.meta.url));

async function cranePath(): Promise<string> {
  const named = process.env.PATCHWAY_TEST_CRANE;
  if (named !== undefined) return named;
  if (!existsSync(CLUSTER)) throw new Error('PATCHWAY_TEST_CRANE must name crane');
  return (await exec(CLUSTER, ['tool', 'crane'])).stdout.trim().split('\n').at(-1) ?? '';
}

describe.runIf(hasCluster())('the base of an image in a real registry', () => {
  const NAME = 'base-e2e';
  const BASE = `${REGISTRY}/${NAME}/base:1`;
  const APP = `${REGISTRY}/${NAME}/app:1`;
  const PLAIN = `${REGISTRY}/${NAME}/plain:1`;
  const directory = mkdtempSync(join(tmpdir(), 'patchway-base-e2e-'));
  let crane = '';
  const must = async (...args: readonly string[]) => {
    const { code, stderr } = await exec(crane, [...args, '--insecure']);
    if (code !== 0) throw new Error(`crane ${args.join(' ')}: ${stderr}`);
  };
  const layer = async (text: string) => {
    writeFileSync(join(directory, 'content'), text);
    const file = join(directory, `${text}.tar`);
    await exec('tar', ['cf', file, '-C', directory, 'content']);
    return file;
  };
  const lock = (...args: readonly string[]) => runIn(directory, ['lock', ...args], { DOCKER_CONFIG: directory });
  const bases = async (...args: readonly string[]) => {
    const { code, stdout } = await lock('check', '--format', 'json', ...args);
    return { code, rows: JSON.parse(stdout).bases };
  };

  beforeAll(async () => {
    crane = await cranePath();
    writeFileSync(
      join(directory, 'patch-policy.yaml'),
      `name: base-e2e
gate: {deadlines: {critical: 7d, high: 14d, medium: 30d, low: 90d}}
scan: {schedule: 17 3 * * *, scanners: [{kind: trivy}]}
stages:
  - {name: staging, namespace: base-e2e}
`,
    );
    writeFileSync(
      join(directory, 'plain.yaml'),
      `apiVersion: apps/v1
kind: Deployment
metadata: {name: plain, annotations: {patchway.dev/base: ${BASE}}}
spec: {template: {spec: {containers: [{name: plain, image: ${PLAIN}}]}}}
`,
    );
    await must('copy', `${REGISTRY}/busybox:1.36`, BASE);
    const own = await layer('own');
    await must('append', '--set-base-image-annotations', '-b', BASE, '-f', own, '-t', APP);
    await must('append', '-b', BASE, '-f', own, '-t', PLAIN);
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it('is found in its annotations, or where the workload names it by its layers', async () => {
    expect(await lock('update', '--image', APP, PLAIN)).toMatchObject({ code: 0 });
    const { code, rows } = await bases('--workloads', join(directory, 'plain.yaml'));
    expect(code).toBe(0);
    expect(rows).toMatchObject([
      { reference: APP, base: { name: BASE, namedBy: 'annotation', digest: digestOf(`${NAME}/base:1`), state: 'current' } },
      { reference: PLAIN, base: { name: BASE, namedBy: 'workload', digest: null, state: 'current' } },
    ]);
  });

  it('is behind once it has moved on, and is not where it was only pushed in another form', async () => {
    const used = digestOf(`${NAME}/base:1`);
    await must('mutate', BASE, '--label', 'pushed=again', '-t', BASE);
    expect(digestOf(`${NAME}/base:1`)).not.toBe(used);
    expect(await bases()).toMatchObject({ code: 0, rows: [{ base: { state: 'current' } }, { base: null }] });
    await must('append', '-f', await layer('fresh'), '-t', BASE);
    const { code, rows } = await bases('--workloads', join(directory, 'plain.yaml'));
    expect(code).toBe(2);
    const newest = { digest: digestOf(`${NAME}/base:1`), releasedAt: null };
    expect(rows).toMatchObject([{ base: { state: 'behind', digest: used, newest } }, { base: { state: 'behind', newest } }]);
    expect((await lock('check')).stdout).toContain(
      `its base ${BASE} is ${newest.digest.slice(0, 19)} in the registry, ${used.slice(0, 19)} in the image.`,
    );
  });

  it('is looked up by a scan in the cluster, and stored', async () => {
    await freshNamespace(NAME);
    const digest = digestOf(`${NAME}/app:1`);
    const repository = `${REGISTRY}/${NAME}/app`;
    await applyScan(NAME, testPolicy(), [webWorkload('1', repository, digest)]);
    expect(await runCronJob(NAME, CRON_JOB, 'scan-now')).toBe('Complete');
    const scanned = (await storedIn(NAME, repository)).evidence?.digests[digest];
    expect(scanned).toMatchObject({ complete: true, base: { name: BASE, behind: true, behindSince: scanned?.scannedAt } });
    await kubectl(['delete', 'namespace', NAME, '--wait=false']);
  });

  it('that is away hides nothing else', async () => {
    writeFileSync(
      join(directory, 'away.yaml'),
      `apiVersion: v1\nkind: Pod\nmetadata: {name: plain, annotations: {patchway.dev/base: "${REGISTRY}/${NAME}/base:none"}}\nspec: {containers: [{name: plain, image: ${PLAIN}}]}\n`,
    );
    const { code, stdout, stderr } = await lock('check', '--workloads', 'away.yaml');
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(`${PLAIN}: base ${REGISTRY}/${NAME}/base:none: ${REGISTRY} does not have it (404)`),
    ]);
    expect(stdout).toContain(`${APP} in staging: its base`);
  });
});
