import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WorkloadSummary } from '../../src/manifest/stage-config.js';
import { apply, digestOf, eventually, freshNamespace, hasCluster, kubectl, runCronJob } from './cluster.js';
import { type PrivateRegistry, privateRegistry } from './private-registry.js';
import { applyScan, CRON_JOB, list, storedIn, testPolicy, webWorkload } from './scan-support.js';

const NAMESPACE = 'scan-credentials';
const SCAN = { registryCa: 'private-ca', registrySecret: 'general' } as const;

/** Nothing is deployed here, so the images that the lock names are scanned. */
describe.runIf(hasCluster())('workloads that pull from several registries', () => {
  let north: PrivateRegistry;
  let south: PrivateRegistry;

  beforeAll(async () => {
    [north, south] = [await privateRegistry('north star'), await privateRegistry('south wind')];
    await freshNamespace(NAMESPACE);
    const secret = (name: string, dockerConfig: string) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace: NAMESPACE },
      type: 'kubernetes.io/dockerconfigjson',
      stringData: { '.dockerconfigjson': dockerConfig },
    });
    await apply(
      list([
        secret('general', north.dockerConfig(north.password)),
        secret('old-south', south.dockerConfig('expired')),
        secret('south', south.dockerConfig(south.password)),
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'private-ca', namespace: NAMESPACE },
          data: { 'ca.crt': `${north.ca}\n${south.ca}` },
        },
      ]),
    );
  });
  afterAll(async () => {
    for (const registry of [north, south]) registry.close();
    // An index that is to be tried again holds up the end of its namespace, where no pod can be made any more.
    await kubectl(['-n', NAMESPACE, 'delete', 'jobs', '--all', '--wait']);
    await kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait=false']);
  });

  const workload = (registry: PrivateRegistry, pullSecrets?: readonly string[]): WorkloadSummary => ({
    ...webWorkload('1.0.0', `${registry.host}/web`, digestOf('web:1.0.0')),
    name: registry === north ? 'north' : 'south',
    ...(pullSecrets === undefined ? {} : { pullSecrets }),
  });
  const found = async (registry: PrivateRegistry) =>
    (await storedIn(NAMESPACE, `${registry.host}/web`)).evidence?.digests[digestOf('web:1.0.0')];

  it('are scanned with what each pulls with, a Secret that is no longer right beside it, and the policy’s for the rest', async () => {
    await applyScan(NAMESPACE, testPolicy(SCAN), [workload(north), workload(south, ['gone', 'old-south', 'south'])]);
    expect(await runCronJob(NAMESPACE, CRON_JOB, 'now')).toBe('Complete');
    for (const registry of [north, south]) {
      expect(await found(registry)).toMatchObject({ complete: true });
      expect((await found(registry))?.findings).toHaveLength(8);
      expect([...registry.signedIn].some((path) => path.startsWith('/v2/web/'))).toBe(true);
    }
  });

  it('are not scanned with another’s, and the evidence says which Secrets were tried', async () => {
    await applyScan(NAMESPACE, testPolicy({ ...SCAN, keep: 2 }), [workload(north), workload(south, ['gone', 'old-south'])]);
    await kubectl(['-n', NAMESPACE, 'create', 'job', 'again', `--from=cronjob/${CRON_JOB}`]);
    const failed = await eventually('the evidence of the second scan', async () => {
      const scan = await found(south);
      return scan?.complete === false ? scan : undefined;
    });
    for (const { status, message } of failed.scanners) {
      expect(status).toBe('failed');
      expect(message).toMatch(/does not accept the credentials \(401\)\. .*A workload pulls with the Secret gone, which is not there/);
    }
  });
});
