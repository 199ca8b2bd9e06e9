import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evidenceVerdict } from '../../src/gate/evidence-verdict.js';
import { names } from '../../src/manifest/names.js';
import type { PolicyDocument } from '../../src/policy/policy.js';
import { sandbox } from '../cli/fake-io.js';
import {
  apply,
  digestOf,
  eventually,
  exec,
  freshNamespace,
  hasCluster,
  jobLogs,
  kubectl,
  REGISTRY,
  runCronJob,
  TRIVY_DB,
} from './cluster.js';
import { type PrivateRegistry, privateRegistry } from './private-registry.js';
import { applyScan, CRON_JOB, deployWeb, list, SCANNERS, storedIn, testPolicy, webWorkload } from './scan-support.js';

const [STAGING, PRODUCTION] = ['scan-staging', 'scan-production'];

type Workload = ReturnType<typeof webWorkload>;

/** Applies, runs once to the Job's end, and returns how it ended with what is stored and the verdict on it now. */
async function scan(namespace: string, document: PolicyDocument, workload: Workload, digest: string) {
  await applyScan(namespace, document, [workload]);
  const ended = await runCronJob(namespace, CRON_JOB, 'once');
  const stored = await found(namespace, document, workload, digest);
  if (stored === undefined) throw new Error(`no evidence for ${digest}:\n${await jobLogs(namespace, 'once')}`);
  return { ended, ...stored };
}

/** As `scan`, only until evidence is there: the Job of a scan that cannot succeed tries again for a while. */
async function scanUntilStored(namespace: string, document: PolicyDocument, workload: Workload, digest: string) {
  await applyScan(namespace, document, [workload]);
  await kubectl(['-n', namespace, 'delete', 'job', 'once', '--ignore-not-found', '--wait']);
  await kubectl(['-n', namespace, 'create', 'job', 'once', `--from=cronjob/${CRON_JOB}`]);
  return eventually(`evidence in ${namespace}`, () => found(namespace, document, workload, digest));
}

async function found(namespace: string, document: PolicyDocument, workload: Workload, digest: string) {
  const stored = await storedIn(namespace, workload.images[0]?.repository);
  const scanned = stored.evidence?.policyHash === document.hash ? stored.evidence.digests[digest] : undefined;
  return scanned && { ...stored, found: scanned, verdict: evidenceVerdict(document, stored.evidence, digest, Date.now()) };
}

/** `patchway gate` under the same deadlines, on reports that the same scanners wrote on the same image earlier. */
async function gateOnReports(tag: string) {
  const policy = {
    name: 'scan-test',
    scan: { schedule: '17 3 * * *', scanners: [{ kind: 'grype' }, { kind: 'trivy' }] },
    gate: { deadlines: { critical: '2d', high: '7d', medium: '30d', low: '90d' }, exploited: { deadline: '1d' } },
    stages: [{ name: 'test', namespace: 'test' }],
  };
  const [grype, trivy] = ['grype', 'trivy'].map((name) =>
    fileURLToPath(new URL(`../gate/fixtures/${name}-web-${tag}.json`, import.meta.url)),
  );
  const { CreatedAt: asOf } = JSON.parse(readFileSync(trivy!, 'utf8')) as { CreatedAt: string };
  const reports = ['--report', grype!, '--report', trivy!, '--image', `${REGISTRY}/web:${tag}`];
  const { run } = sandbox({ 'policy.json': JSON.stringify(policy) });
  const { code, stdout, stderr } = await run('gate', '--policy', 'policy.json', ...reports, '--as-of', asOf, '--format', 'json');
  if (stdout === '') throw new Error(stderr);
  const { images } = JSON.parse(stdout) as { images: { findings: { id: string; package: string; failsAt: string | null }[] }[] };
  return { code, findings: images.flatMap(({ findings }) => findings.map(({ id, package: name, failsAt }) => [id, name, failsAt])) };
}

describe.runIf(hasCluster())('scans on a cluster', () => {
  beforeAll(async () => {
    await Promise.all([STAGING, PRODUCTION].map(freshNamespace));
  });
  afterAll(async () => {
    await kubectl(['delete', 'namespace', STAGING, PRODUCTION, '--wait=false']);
  });

  it('finds the 8 vulnerabilities of what runs with each scanner, and with both', async () => {
    const digest = await deployWeb(STAGING, '1.0.0');
    for (const scanner of SCANNERS) {
      const alone = await scan(STAGING, testPolicy({ scanners: [scanner] }), webWorkload('1.0.0'), digest);
      expect({ kind: scanner.kind, ended: alone.ended, findings: alone.found.findings.length }).toEqual({
        kind: scanner.kind,
        ended: 'Complete',
        findings: 8,
      });
    }
    const both = await scan(STAGING, testPolicy(), webWorkload('1.0.0'), digest);
    expect(both.ended).toBe('Complete');
    expect(both.found).toMatchObject({
      complete: true,
      scanners: [
        { kind: 'grype', status: 'ok' },
        { kind: 'trivy', status: 'ok' },
      ],
    });
    expect(both.found.scanners.map(({ databaseBuiltAt }) => typeof databaseBuiltAt)).toEqual(['string', 'string']);
    expect(both.found.findings).toHaveLength(8);
    expect(both.found.findings.filter(({ exploited }) => exploited)).toHaveLength(1);
    expect(both.found.counts.exploited).toBe(1);
    const dated = both.found.findings.filter(({ fixedIn }) => fixedIn.length > 0);
    expect(dated.length).toBeGreaterThan(0);
    expect(dated.map(({ anchor, anchorAt, failsAt }) => [anchor, typeof anchorAt, typeof failsAt])).toEqual(
      dated.map(() => ['fixReleased', 'string', 'string']),
    );
    expect(new Set(Object.keys(both.firstSeen).map((key) => key.split(' ')[0])).size).toBe(8);
    expect(both.verdict.verdict).toBe('fail');
  });

  it('scans what runs, not what the lock names, and passes web:1.0.2', async () => {
    const old = await deployWeb(PRODUCTION, '1.0.0');
    const before = await scan(PRODUCTION, testPolicy(), webWorkload('1.0.2'), old);
    expect(before.verdict.verdict).toBe('fail');
    const fixed = await deployWeb(PRODUCTION, '1.0.2');
    const after = await scan(PRODUCTION, testPolicy(), webWorkload('1.0.2'), fixed);
    expect(after.ended).toBe('Complete');
    expect(after.verdict).toMatchObject({ verdict: 'pass', allowed: true });
    expect(after.found.findings.map(({ fixedIn }) => fixedIn)).toEqual([[]]);
    // The other digest's evidence and dates stay beside it.
    expect(Object.keys(after.evidence?.digests ?? {}).sort()).toEqual([old, fixed].sort());
    expect(new Set(Object.keys(after.firstSeen).map((key) => key.split(' ')[0])).size).toBe(8);
  });

  it.each([
    ['1.0.0', STAGING, 2],
    ['1.0.2', PRODUCTION, 0],
  ])(
    'finds in web:%s what the gate finds in reports on it, with the same deadlines; the gate exits accordingly',
    async (tag, namespace, exit) => {
      const { code, findings } = await gateOnReports(tag);
      expect(code).toBe(exit);
      const { evidence } = await storedIn(namespace);
      const stored = evidence?.digests[digestOf(`web:${tag}`)]?.findings ?? [];
      expect(stored.map(({ id, package: name, failsAt }) => [id, name, failsAt ?? null])).toEqual(findings);
    },
  );

  it('leaves what scans have stored alone when the manifests are applied again', async () => {
    const before = await storedIn(PRODUCTION);
    await applyScan(PRODUCTION, testPolicy(), [webWorkload('1.0.2')]);
    expect(await storedIn(PRODUCTION)).toEqual(before);
  });

  it('tells of a scanner that failed, and never calls its image clean', async () => {
    const digest = await deployWeb(PRODUCTION, '1.0.2');
    const [grype] = SCANNERS;
    const scanners = [grype!, { kind: 'trivy', args: [], database: `${REGISTRY}/nothing:2` } as const];
    const { ended, found, verdict } = await scan(PRODUCTION, testPolicy({ scanners }), webWorkload('1.0.2'), digest);
    expect(ended).toBe('Failed');
    expect(found.complete).toBe(false);
    expect(found.scanners).toMatchObject([
      { kind: 'grype', status: 'ok' },
      { kind: 'trivy', status: 'failed', message: expect.stringMatching(/exit code 1: .*nothing.*NAME_UNKNOWN/) },
    ]);
    expect(verdict).toMatchObject({ verdict: 'unknown', allowed: false });
  });

  describe('with a mirror that never answers', () => {
    let silent: Server;
    beforeAll(async () => {
      silent = createServer((socket) => socket.on('error', () => socket.destroy()));
      await new Promise<void>((resolve) => silent.listen(0, REGISTRY.split(':', 1)[0], resolve));
    });
    afterAll(() => silent.close());

    it('gives up on the scanner when its time is over, and says so', async () => {
      const digest = await deployWeb(PRODUCTION, '1.0.2');
      const database = `${REGISTRY.split(':', 1)[0]}:${(silent.address() as AddressInfo).port}/trivy-db:2`;
      const [grype] = SCANNERS;
      const document = testPolicy({ scanners: [grype!, { kind: 'trivy', args: [], database }], timeout: 15_000 });
      const { found, verdict } = await scanUntilStored(PRODUCTION, document, webWorkload('1.0.2'), digest);
      expect(found.scanners).toMatchObject([
        { kind: 'grype', status: 'ok' },
        { kind: 'trivy', status: 'timeout', message: expect.stringContaining('still at work') },
      ]);
      expect(verdict).toMatchObject({ verdict: 'unknown', allowed: false });
    });
  });

  it('says which ConfigMap is missing, and fails', async () => {
    const name = names.evidence(`${REGISTRY}/web`);
    await applyScan(PRODUCTION, testPolicy(), [webWorkload('1.0.2')]);
    await kubectl(['-n', PRODUCTION, 'delete', 'configmap', name]);
    expect(await runCronJob(PRODUCTION, CRON_JOB, 'once')).toBe('Failed');
    expect(await jobLogs(PRODUCTION, 'once')).toContain(`there is no ConfigMap ${PRODUCTION}/${name} to store the evidence in`);
  });

  it('may do what it needs and nothing else', async () => {
    const rows = async (account: string) => {
      const { stdout } = await exec('kubectl', [
        'auth',
        'can-i',
        '--list',
        '-n',
        STAGING,
        `--as=system:serviceaccount:${STAGING}:${account}`,
      ]);
      return stdout
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.replace(/\s+/g, ' ').trim());
    };
    const everybody = new Set(await rows('nobody-in-particular'));
    expect((await rows(CRON_JOB)).filter((row) => !everybody.has(row)).sort()).toEqual([
      `configmaps [] [${names.evidence(`${REGISTRY}/web`)}] [get update]`,
      'deployments.apps [] [web] [get]',
      'pods [] [] [get]',
    ]);
  });

  describe('from a registry with a private authority and a password', () => {
    let registry: PrivateRegistry;
    beforeAll(async () => {
      registry = await privateRegistry();
      await kubectl(['-n', PRODUCTION, 'delete', 'deployment', 'web', '--ignore-not-found', '--wait']);
    });
    afterAll(() => registry.close());

    /** Nothing is deployed here, so the image that the lock names is scanned. */
    const locked = (digest = digestOf('web:1.0.0')) => [webWorkload('1.0.0', `${registry.host}/web`, digest), digest] as const;

    const secret = (name: string, password: string) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace: PRODUCTION },
      type: 'kubernetes.io/dockerconfigjson',
      stringData: { '.dockerconfigjson': registry.dockerConfig(password) },
    });

    it('says what is missing: the authority, the Secret, the right password, the image', async () => {
      const metadata = { name: 'private-ca', namespace: PRODUCTION };
      await apply(
        list([
          secret('wrong', 'guess'),
          secret('right', registry.password),
          { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'ca.crt': registry.ca } },
        ]),
      );
      const absent = `sha256:${'0'.repeat(64)}`;
      const cases = [
        [{}, undefined, /the certificate of \S+ is not trusted .*scan\.registryCa/],
        [{ registryCa: 'no-such-ca' }, undefined, /there is no ConfigMap no-such-ca with the key ca\.crt/],
        [{ registryCa: 'private-ca' }, undefined, /wants credentials \(401\)/],
        [{ registryCa: 'private-ca', registrySecret: 'no-such-secret' }, undefined, /there is no Secret no-such-secret/],
        [{ registryCa: 'private-ca', registrySecret: 'wrong' }, undefined, /does not accept the credentials \(401\)/],
        [{ registryCa: 'private-ca', registrySecret: 'right' }, absent, /does not have it \(404\)/],
      ] as const;
      for (const [scanPolicy, digest, message] of cases) {
        const { found, verdict } = await scanUntilStored(PRODUCTION, testPolicy(scanPolicy), ...locked(digest));
        expect(found).toMatchObject({
          complete: false,
          findings: [],
          scanners: [
            { status: 'failed', message: expect.stringMatching(message) },
            { status: 'failed', message: expect.stringMatching(message) },
          ],
        });
        expect(verdict).toMatchObject({ verdict: 'unknown', allowed: false });
      }
    });

    it('scans with both, and takes the databases from mirrors behind the same authority', async () => {
      const [tag, file] = [TRIVY_DB.slice(TRIVY_DB.indexOf('/')), 'latest.json'];
      const document = testPolicy({
        registryCa: 'private-ca',
        registrySecret: 'right',
        scanners: [
          { kind: 'grype', args: [], database: `https://${registry.host}/grype-db/${file}` },
          { kind: 'trivy', args: [], database: `${registry.host}${tag}` },
        ],
      });
      const { ended, found } = await scan(PRODUCTION, document, ...locked());
      expect(ended).toBe('Complete');
      expect(found.complete).toBe(true);
      expect(found.findings).toHaveLength(8);
      expect([...registry.signedIn].filter((path) => path.startsWith('/v2/web/')).length).toBeGreaterThan(0);
    });
  });
});
