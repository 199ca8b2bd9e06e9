import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { FetchedImage } from '../../src/agent/scan/target.js';
import { scanWith } from '../../src/agent/scan.js';
import { evidenceVerdict } from '../../src/gate/evidence-verdict.js';
import { decodeFirstSeen } from '../../src/gate/first-seen.js';
import { parseEvidence } from '../../src/gate/parse-evidence.js';
import { names } from '../../src/manifest/names.js';
import { PatchwayError } from '../../src/problem.js';
import { FakeCluster, fakeContext } from '../scan/fake.js';
import { config, DAY, DIGEST, image, MINUTE, policy, workload } from '../scan/fixture.js';

const START = Date.parse('2026-11-20T03:17:00Z');
const REPOSITORY = 'ghcr.io/acme/web';
const POD = '/api/v1/namespaces/shop-staging/pods/scan-0';
const EVIDENCE = `/api/v1/namespaces/shop-staging/configmaps/${names.evidence(REPOSITORY)}`;

const report = (scanner: string, tag: string) =>
  readFileSync(new URL(`../gate/fixtures/${scanner}-web-${tag}.json`, import.meta.url), 'utf8');
const REPORTS: Readonly<Record<string, string>> = {
  '/scratch/grype/report.json': report('grype', '1.0.0'),
  '/scratch/trivy/report.json': report('trivy', '1.0.0'),
  '/scratch/trivy/cache/db/metadata.json': '{"Version":2,"UpdatedAt":"2026-11-19T12:00:00.5Z"}',
};

const ended = (exitCode: number, reason = exitCode === 0 ? 'Completed' : 'Error', message = '') => ({
  terminated: { exitCode, reason, message },
});
const OK = { grype: ended(0), trivy: ended(0) };

const pod = (states: Readonly<Record<string, unknown>>, startTime = '2026-11-20T03:17:00Z') => ({
  spec: { activeDeadlineSeconds: 15 * 60 + 180 },
  status: { startTime, containerStatuses: Object.entries(states).map(([name, state]) => ({ name, state })) },
});

interface Setup {
  readonly states?: Readonly<Record<string, unknown>>;
  readonly startTime?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly fetched?: Partial<FetchedImage>;
  readonly configMap?: Readonly<Record<string, unknown>>;
  readonly cluster?: FakeCluster;
  readonly start?: number;
}

async function run({
  states = OK,
  startTime,
  files = REPORTS,
  fetched = {},
  configMap = {},
  cluster = new FakeCluster(),
  start = START,
}: Setup = {}) {
  cluster.put(POD, pod(states, startTime));
  if (!cluster.objects.has(EVIDENCE)) cluster.put(EVIDENCE, configMap);
  const { context, lines, clock } = fakeContext(cluster, config([workload('web', image('web', `${REPOSITORY}:1`))]), start);
  const target: FetchedImage = { startedAt: '2026-11-20T03:17:00Z', digest: DIGEST.locked, platforms: {}, ...fetched };
  const all: Readonly<Record<string, string>> = { '/work/target.json': JSON.stringify(target), ...files };
  const code = await scanWith(context, async (file) => {
    const text = all[file];
    if (text === undefined) throw new Error(`ENOENT: ${file}`);
    return text;
  });
  // biome-ignore lint/suspicious/noExplicitAny: a stored object is looked into at will
  const stored = cluster.objects.get(EVIDENCE) as any;
  const evidence = parseEvidence(stored?.data?.evidence);
  const found = evidence?.digests[target.digest];
  const firstSeen = decodeFirstSeen(stored?.binaryData?.firstSeen);
  return { code, lines, cluster, stored, evidence, found, firstSeen, took: clock.now - start };
}

describe('a whole scan', () => {
  it('stores the joined findings of both scanners, judged, and when each was first seen', async () => {
    const { code, found, evidence, firstSeen } = await run();
    expect(code).toBe(0);
    expect(evidence).toMatchObject({ schemaVersion: 1, policyHash: 'policy-1', repository: REPOSITORY });
    expect(found).toMatchObject({ complete: true, scannedAt: '2026-11-20T03:17:00Z', counts: { exploited: 1 } });
    expect(found?.findings).toHaveLength(8);
    expect(new Set(Object.keys(firstSeen).map((key) => key.split(' ')[0])).size).toBe(8);
    expect(evidenceVerdict(policy(), evidence, DIGEST.locked, START).verdict).toBe('fail');
  });

  it('records version and database of each scanner, Trivy’s from beside its database', async () => {
    const { found } = await run();
    expect(found?.scanners).toMatchObject([
      { kind: 'grype', status: 'ok', version: expect.any(String), databaseBuiltAt: expect.stringMatching(/^20\d\d-/) },
      { kind: 'trivy', status: 'ok', databaseBuiltAt: '2026-11-19T12:00:00.500Z' },
    ]);
  });

  it('says in the log what was found and what it means', async () => {
    const { lines } = await run();
    expect(lines.slice(0, 2)).toEqual(['grype: ok', 'trivy: ok']);
    expect(lines[2]).toMatch(new RegExp(`^${REPOSITORY}:1 ${DIGEST.locked}: 1 critical, .*, 1 exploited$`));
    expect(lines[3]).toMatch(/^verdict fail: /);
    expect(lines[4]).toMatch(/^the gate closes at 20/);
    expect(lines[5]).toBe('alpine 3.19.1 has reached its end of life');
    expect(lines[6]).toBe('to do: Take a newer tag of the image');
  });

  it('passes an image whose only finding has no fix', async () => {
    const files = { '/scratch/grype/report.json': report('grype', '1.0.2'), '/scratch/trivy/report.json': report('trivy', '1.0.2') };
    const { code, evidence } = await run({ files });
    expect(code).toBe(0);
    expect(evidenceVerdict(policy(), evidence, DIGEST.locked, START).verdict).toBe('pass');
  });

  it('keeps everything else that the ConfigMap holds', async () => {
    const { stored } = await run({ configMap: { metadata: { labels: { team: 'web' } }, data: { note: 'by a person' } } });
    expect(stored.metadata.labels).toEqual({ team: 'web' });
    expect(stored.data.note).toBe('by a person');
  });

  it('keeps the first date of a finding, and other digests of the repository, in a later scan', async () => {
    const first = await run();
    const later = await run({ cluster: first.cluster, start: START + DAY, fetched: { digest: DIGEST.new } });
    expect(Object.keys(later.evidence?.digests ?? {}).sort()).toEqual([DIGEST.locked, DIGEST.new]);
    expect(new Set(Object.values(later.firstSeen).map((dates) => dates.split('/')[0]))).toEqual(new Set(['2026-11-20T03:17:00Z']));
  });

  it('waits for scanners that are still at work', async () => {
    const cluster = new FakeCluster();
    const get = cluster.get.bind(cluster);
    let polls = 0;
    cluster.get = async (path) => {
      if (path === POD) cluster.put(POD, pod(++polls < 4 ? { grype: ended(0), trivy: { running: {} } } : OK));
      return get(path);
    };
    const { found } = await run({ cluster });
    expect(polls).toBe(4);
    expect(found?.complete).toBe(true);
  });
});

describe('a scanner that does not come to a good end', () => {
  const running = { running: { startedAt: '2026-11-20T03:17:05Z' } };
  it.each([
    [ended(1, 'Error', '\u001b[31mFATAL\u001b[0m  no such\n database'), 'failed', /^exit code 1: FATAL no such database$/],
    [ended(2), 'failed', /^exit code 2$/],
    [ended(137, 'OOMKilled'), 'failed', /more memory than its limit.*raise resources\.limits\.memory of trivy/],
    [ended(1, 'Error', `${'x'.repeat(5000)}the cause`), 'failed', /^exit code 1: … x{591}the cause$/],
    [running, 'timeout', /^not done within 15m \(scan\.timeout\): it was still at work$/],
    [
      { waiting: { reason: 'ImagePullBackOff', message: 'no such image' } },
      'timeout',
      /it did not start: ImagePullBackOff: no such image$/,
    ],
    [undefined, 'timeout', /it did not start$/],
  ])('%j: evidence is incomplete, with what the other found', async (state, status, message) => {
    const { code, found, evidence } = await run({ states: { grype: ended(0), trivy: state } });
    expect(code).toBe(0);
    expect(found?.complete).toBe(false);
    expect(found?.scanners).toMatchObject([
      { kind: 'grype', status: 'ok' },
      { kind: 'trivy', status, message: expect.stringMatching(message) },
    ]);
    expect(found?.findings).toHaveLength(8);
    expect(evidenceVerdict(policy(), evidence, DIGEST.locked, START)).toMatchObject({ verdict: 'fail', conclusive: false });
  });

  it.each([
    ['nothing', {}, /left no report at \/scratch\/trivy\/report\.json/],
    ['an empty report', { '/scratch/trivy/report.json': '' }, /empty/],
    ['a report that is cut off', { '/scratch/trivy/report.json': report('trivy', '1.0.0').slice(0, 5000) }, /cut off/],
    ['the report of another', { '/scratch/trivy/report.json': report('grype', '1.0.0') }, /written by grype/],
  ])('%s behind a good end is a failure, too', async (_name, files, message) => {
    const { code, found } = await run({ files: { '/scratch/grype/report.json': REPORTS['/scratch/grype/report.json'] ?? '', ...files } });
    expect(code).toBe(0);
    expect(found?.complete).toBe(false);
    expect(found?.scanners[1]).toMatchObject({ status: 'failed', message: expect.stringMatching(message) });
  });

  it('does not make a clean image of one that has nothing to report', async () => {
    const files = { '/scratch/grype/report.json': report('grype', '1.0.2') };
    const { evidence } = await run({ files, states: { grype: ended(0), trivy: ended(1) } });
    expect(evidenceVerdict(policy(), evidence, DIGEST.locked, START)).toMatchObject({ verdict: 'unknown', allowed: false });
  });

  it('is waited for as long as the policy says, fetching included', async () => {
    const { took } = await run({ states: { grype: ended(0), trivy: running }, start: START + 5 * MINUTE });
    expect(took).toBe(10 * MINUTE);
  });

  it('is not waited for until Kubernetes ends the pod, whose time also went into pulling images', async () => {
    const { took } = await run({ states: { grype: ended(0), trivy: running }, startTime: '2026-11-20T03:07:00Z' });
    expect(took).toBe(15 * MINUTE + 180_000 - 10 * MINUTE - 30_000);
  });
});

describe('an image that was not fetched', () => {
  const failure = { status: 'failed', message: 'ghcr.io wants credentials (401)' } as const;

  it('fails every scanner at once with that reason', async () => {
    const { code, found, took } = await run({ states: {}, fetched: { failure } });
    expect(code).toBe(0);
    expect(took).toBe(0);
    expect(found).toMatchObject({
      complete: false,
      findings: [],
      scanners: [
        { kind: 'grype', status: 'failed', message: 'nothing to scan: ghcr.io wants credentials (401)' },
        { kind: 'trivy', status: 'failed', message: 'nothing to scan: ghcr.io wants credentials (401)' },
      ],
    });
  });

  it('keeps what the last scan of the digest found, but not that it was complete', async () => {
    const platforms = { 'linux/amd64': DIGEST.platform };
    const { cluster, found: before } = await run({ fetched: { platforms } });
    const { found, firstSeen } = await run({ cluster, start: START + DAY, fetched: { failure } });
    expect(found?.findings).toEqual(before?.findings);
    expect(found?.platforms).toEqual(platforms);
    expect(found?.complete).toBe(false);
    expect(new Set(Object.keys(firstSeen).map((key) => key.split(' ')[0])).size).toBe(8);
  });
});

describe('storing', () => {
  it('reads and merges again when another index of the repository wrote meanwhile', async () => {
    const other = await run({ fetched: { digest: DIGEST.new } });
    const cluster = new FakeCluster();
    let interruptions = 2;
    cluster.beforeReplace = (path) => {
      if (interruptions-- > 0) cluster.put(path, { ...other.stored, metadata: {} });
    };
    const { code, evidence } = await run({ cluster });
    expect(code).toBe(0);
    expect(Object.keys(evidence?.digests ?? {}).sort()).toEqual([DIGEST.locked, DIGEST.new]);
  });

  it('gives up where it never comes to rest', async () => {
    const cluster = new FakeCluster();
    cluster.beforeReplace = (path) => cluster.put(path, { metadata: {} });
    await expect(run({ cluster })).rejects.toThrow(/modified/);
  });

  it('names the ConfigMap that is missing', async () => {
    const cluster = new FakeCluster();
    cluster.put(EVIDENCE, {});
    const get = cluster.get.bind(cluster);
    cluster.get = async (path) => (path === EVIDENCE ? undefined : get(path));
    await expect(run({ cluster })).rejects.toThrow(
      `there is no ConfigMap shop-staging/${names.evidence(REPOSITORY)} to store the evidence in. Apply the manifests`,
    );
  });

  it.each([
    [{ data: { evidence: '{"schemaVersion": 1,' } }, /data\.evidence.*not whole JSON/s],
    [{ binaryData: { firstSeen: 'AAAA' } }, /binaryData\.firstSeen/],
  ])('does not overwrite what it cannot read: %j', async (configMap, message) => {
    const cluster = new FakeCluster();
    await expect(run({ cluster, configMap })).rejects.toThrow(message);
    expect(cluster.objects.get(EVIDENCE)).toMatchObject(configMap);
  });

  it('goes on while the API server is away, and says so once', async () => {
    const cluster = new FakeCluster();
    const get = cluster.get.bind(cluster);
    let polls = 0;
    cluster.get = async (path) => {
      if (path === POD && ++polls < 4) throw new PatchwayError('the API server did not answer: timeout');
      return get(path);
    };
    const { found, lines } = await run({ cluster });
    expect(found?.complete).toBe(true);
    expect(lines.filter((line) => line.startsWith('cannot see how the scanners are doing'))).toHaveLength(1);
  });
});
