import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { names } from '../../src/manifest/names.js';
import type { ScanPolicy } from '../../src/policy/policy.js';
import { apply, digestOf, eventually, freshNamespace, GRYPE_DB, hasCluster, jobLogs, kubectl, runCronJob, TRIVY_DB } from './cluster.js';
import { applyScan, CRON_JOB, list, storedIn, testPolicy, webWorkload } from './scan-support.js';

const NAMESPACE = 'scan-cache';
const DATABASES = names.databases('test');
const WEB = webWorkload('1.0.0');

/** Where nothing listens: whoever downloads while it scans fails. */
const NOWHERE: ScanPolicy['scanners'] = [
  { kind: 'grype', args: [], database: 'http://127.0.0.1:9/latest.json' },
  { kind: 'trivy', args: [], database: '127.0.0.1:9/mirror/trivy-db:2' },
];
const MIRRORS: ScanPolicy['scanners'] = [
  { kind: 'grype', args: [], database: GRYPE_DB },
  { kind: 'trivy', args: [], database: TRIVY_DB },
];

/** A volume on the node's disk, as the simplest of clusters has it, and a claim for it. */
function volume() {
  const capacity = { storage: '1Gi' };
  const accessModes = ['ReadWriteMany'];
  const common = { accessModes, storageClassName: '' };
  const hostPath = { path: `/tmp/${NAMESPACE}`, type: 'DirectoryOrCreate' };
  const claimRef = { namespace: NAMESPACE, name: 'databases' };
  return [
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: NAMESPACE },
      spec: { ...common, capacity, hostPath, claimRef, persistentVolumeReclaimPolicy: 'Retain' },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'databases', namespace: NAMESPACE },
      spec: { ...common, volumeName: NAMESPACE, resources: { requests: capacity } },
    },
  ];
}

/** Runs a command as root on the node's directory: Kubernetes leaves a hostPath to root alone. */
async function onVolume(name: string, command: string): Promise<string> {
  const namespace = 'default';
  await kubectl(['-n', namespace, 'delete', 'pod', name, '--ignore-not-found', '--wait']);
  const container = {
    name: 'sh',
    image: `${process.env.PATCHWAY_TEST_REGISTRY}/busybox:1.36`,
    command: ['sh', '-c', command],
    volumeMounts: [{ name: 'host', mountPath: '/host' }],
  };
  const volumes = [{ name: 'host', hostPath: { path: `/tmp/${NAMESPACE}`, type: 'DirectoryOrCreate' } }];
  const spec = { restartPolicy: 'Never', securityContext: { runAsUser: 0 }, containers: [container], volumes };
  await apply(JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace }, spec }));
  await kubectl(['-n', namespace, 'wait', `pod/${name}`, '--for=jsonpath={.status.phase}=Succeeded', '--timeout=120s']);
  const said = await kubectl(['-n', namespace, 'logs', name]);
  await kubectl(['-n', namespace, 'delete', 'pod', name, '--wait=false']);
  return said;
}

describe.runIf(hasCluster())('databases on a volume', () => {
  beforeAll(async () => {
    await freshNamespace(NAMESPACE);
    await kubectl(['delete', 'pv', NAMESPACE, '--ignore-not-found', '--wait']);
    await onVolume('scan-cache-empty', 'rm -rf /host/* /host/.[!.]*; chmod 0777 /host');
    await apply(list(volume()));
    // A pod that is there before its claim is bound may be looked at again only minutes later.
    await kubectl(['-n', NAMESPACE, 'wait', 'pvc/databases', '--for=jsonpath={.status.phase}=Bound', '--timeout=120s']);
  });
  afterAll(async () => {
    // An index that is to be tried again holds up the end of its namespace, where no pod can be made any more.
    await kubectl(['-n', NAMESPACE, 'delete', 'jobs', '--all', '--wait']);
    await kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait']);
    await kubectl(['delete', 'pv', NAMESPACE, '--ignore-not-found', '--wait=false']);
    await onVolume('scan-cache-empty', 'rm -rf /host/* /host/.[!.]*');
  });

  const scan = async () => (await storedIn(NAMESPACE)).evidence?.digests[digestOf('web:1.0.0')];

  it('are missed before they are there, with the command that fetches them', async () => {
    await applyScan(NAMESPACE, testPolicy({ cache: 'databases', scanners: NOWHERE }), [WEB]);
    await kubectl(['-n', NAMESPACE, 'create', 'job', 'early', `--from=cronjob/${CRON_JOB}`]);
    const found = await eventually('evidence of a scan without databases', scan);
    expect(found.complete).toBe(false);
    expect(found.scanners[0]?.message).toContain(`kubectl create job databases --from=cronjob/${DATABASES}`);
    await kubectl(['-n', NAMESPACE, 'delete', 'job', 'early', '--wait']);
  });

  it('are downloaded once by their own CronJob, and read by scans that download nothing', async () => {
    await applyScan(NAMESPACE, testPolicy({ cache: 'databases', scanners: MIRRORS }), [WEB]);
    expect(await runCronJob(NAMESPACE, DATABASES, 'databases')).toBe('Complete');
    expect(await jobLogs(NAMESPACE, 'databases')).toMatch(/grype: stored 20\d{6}T\d{6}Z-databases-[\s\S]*trivy: stored 20/);

    await applyScan(NAMESPACE, testPolicy({ cache: 'databases', scanners: NOWHERE }), [WEB]);
    expect(await runCronJob(NAMESPACE, CRON_JOB, 'now')).toBe('Complete');
    const found = await scan();
    expect(found).toMatchObject({ complete: true, counts: { exploited: 1 } });
    expect(found?.findings).toHaveLength(8);
    for (const { databaseBuiltAt } of found?.scanners ?? []) expect(databaseBuiltAt).toMatch(/^20/);
  });

  it('are replaced while scans are at work, and none of them notices', async () => {
    const workloads = ['1.0.0', '1.0.1', '1.0.2'].flatMap((tag) =>
      [1, 2].map((copy) => {
        const { images, ...rest } = webWorkload(tag);
        return {
          ...rest,
          name: `web-${tag}-${copy}`,
          images: images.map((image) => ({ ...image, reference: `${image.repository}:${tag}-${copy}` })),
        };
      }),
    );
    await applyScan(NAMESPACE, testPolicy({ cache: 'databases', scanners: MIRRORS, parallelism: 3 }), workloads);
    const scanning = runCronJob(NAMESPACE, CRON_JOB, 'beside');
    const replaced = [];
    for (const job of ['again', 'and-again']) replaced.push(await runCronJob(NAMESPACE, DATABASES, job));
    expect([await scanning, ...replaced]).toEqual(['Complete', 'Complete', 'Complete']);
    const digests = Object.values((await storedIn(NAMESPACE)).evidence?.digests ?? {});
    expect(digests.map(({ complete }) => complete)).toEqual([true, true, true]);
  });

  it('are left as they are by a scan', async () => {
    const before = await onVolume('scan-cache-list', 'cd /host && find . -type f | sort | xargs md5sum');
    expect(await runCronJob(NAMESPACE, CRON_JOB, 'read-only')).toBe('Complete');
    expect(await onVolume('scan-cache-list', 'cd /host && find . -type f | sort | xargs md5sum')).toBe(before);
    expect(before).toMatch(/\.\/trivy\/20\S+\/trivy\.db/);
  });
});
