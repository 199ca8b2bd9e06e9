import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evidenceVerdict } from '../../src/gate/evidence-verdict.js';
import type { Scanner, ScanPolicy } from '../../src/policy/policy.js';
import { digestOf, eventually, freshNamespace, hasCluster, jobLogs, kubectl, REGISTRY, runCronJob } from './cluster.js';
import { applyScan, CRON_JOB, deployWeb, SCANNERS, storedIn, testPolicy, webWorkload } from './scan-support.js';

const NAMESPACE = 'clair-scan';
const SERVER = process.env.PATCHWAY_TEST_CLAIR ?? '';
const CLAIR: Scanner = { kind: 'clair', server: SERVER, args: [] };

/** Whether there is a Clair to ask. In CI, with a cluster, there must be one. */
function hasClair(): boolean {
  const there = hasCluster() && SERVER !== '';
  if (!there && hasCluster() && process.env.CI !== undefined) throw new Error('PATCHWAY_TEST_CLAIR must be set in CI');
  return there;
}

/** Scans the deployed image and returns how the Job ended, what is stored about the digest, and the verdict on it now. */
async function scan(scanners: ScanPolicy['scanners'], digest: string) {
  const document = testPolicy({ scanners });
  await applyScan(NAMESPACE, document, [webWorkload('1.0.0')]);
  const ended = await runCronJob(NAMESPACE, CRON_JOB, 'once');
  const found = await eventually('evidence', async () => {
    const { evidence } = await storedIn(NAMESPACE);
    const scanned = evidence?.policyHash === document.hash ? evidence.digests[digest] : undefined;
    return scanned && { scanned, verdict: evidenceVerdict(document, evidence, digest, Date.now()) };
  }).catch(async (error: unknown) => {
    throw new Error(`${String(error)}\n${await jobLogs(NAMESPACE, 'once')}`);
  });
  return { ended, ...found };
}

describe.runIf(hasClair())('Clair in a cluster', () => {
  beforeAll(() => freshNamespace(NAMESPACE));
  afterAll(async () => {
    await kubectl(['delete', 'namespace', NAMESPACE, '--wait=false']);
  });

  it.each([
    ['1.0.0', 8, 'fail'],
    ['1.0.1', 2, 'fail'],
    ['1.0.2', 1, 'pass'],
  ])('finds in web:%s the same %i findings alone as with the others, and the verdict is %s', async (tag, count, verdict) => {
    const digest = await deployWeb(NAMESPACE, tag);
    const alone = await scan([CLAIR], digest);
    const together = await scan([CLAIR, ...SCANNERS], digest);
    const others = await scan(SCANNERS, digest);
    const keys = ({ scanned }: typeof alone) => scanned.findings.map(({ id, package: name }) => `${id} ${name}`).sort();
    for (const one of [alone, together, others]) {
      expect(one.ended).toBe('Complete');
      expect(one.scanned).toMatchObject({ complete: true });
      expect(one.scanned.findings).toHaveLength(count);
      expect(one.verdict.verdict).toBe(verdict);
      expect(keys(one)).toEqual(keys(together));
    }
    expect(alone.scanned.scanners).toMatchObject([{ kind: 'clair', status: 'ok' }]);
    expect(together.scanned.scanners.map(({ kind, status }) => `${kind} ${status}`).sort()).toEqual(['clair ok', 'grype ok', 'trivy ok']);
    expect(together.scanned.counts).toEqual(others.scanned.counts);
  });

  it('knows less of severities than the others, and hides none of theirs', async () => {
    const digest = await deployWeb(NAMESPACE, '1.0.0');
    const alone = await scan([CLAIR], digest);
    const together = await scan([CLAIR, ...SCANNERS], digest);
    expect(alone.scanned.counts).toMatchObject({ exploited: 0, unknown: { fixable: 3 } });
    expect(together.scanned.counts).toMatchObject({ exploited: 1, unknown: { fixable: 0 } });
  });

  it('is told of in the evidence when it is away, and the Job fails', async () => {
    const digest = await deployWeb(NAMESPACE, '1.0.2');
    const nobody = `http://${REGISTRY.split(':', 1)[0]}:6059`;
    const { ended, scanned, verdict } = await scan([{ ...CLAIR, server: nobody }], digest);
    expect(ended).toBe('Failed');
    expect(scanned).toMatchObject({ complete: false });
    expect(scanned.scanners).toMatchObject([
      { kind: 'clair', status: 'failed', message: expect.stringContaining('refused the connection') },
    ]);
    expect(verdict).toMatchObject({ verdict: 'unknown', allowed: false });
  });

  it('scans what the lock names where nothing is deployed', async () => {
    await kubectl(['-n', NAMESPACE, 'delete', 'deployment', 'web', '--wait']);
    const { ended, scanned } = await scan([CLAIR], digestOf('web:1.0.0'));
    expect(ended).toBe('Complete');
    expect(scanned.findings).toHaveLength(8);
  });
});
