import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readReport } from '../../src/gate/read-report.js';
import { names } from '../../src/manifest/names.js';
import { sbomKey } from '../../src/scan/sbom.js';
import {
  apply,
  digestOf,
  eventually,
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
import { applyScan, CRON_JOB, list, storedIn, testPolicy, webWorkload } from './scan-support.js';

const NAMESPACE = 'scan-sbom';
const CONFIG_MAP = names.sbom(`${REGISTRY}/web`);

/** The command of the documentation. */
async function keptSbom(digest: string): Promise<string> {
  const file = await kubectl(['-n', NAMESPACE, 'get', 'configmap', CONFIG_MAP, '-o', `jsonpath={.binaryData.${sbomKey(digest)}}`]);
  return gunzipSync(Buffer.from(file, 'base64')).toString();
}

/** What a scanner says of an SBOM, in a pod of its own. */
async function scanSbom(scanner: 'trivy' | 'grype', sbom: string): Promise<string> {
  const name = `read-${scanner}`;
  const args = {
    trivy: ['sbom', '/in/sbom.json', '--format', 'json', '--cache-dir', '/tmp/cache', '--db-repository', TRIVY_DB, '--quiet'],
    // An SBOM by Trivy names the distribution in a way that Grype does not take up by itself.
    grype: ['sbom:/in/sbom.json', '--output', 'json', '--distro', 'alpine:3.19.1'],
  }[scanner];
  const image = { trivy: `${REGISTRY}/trivy:0.74.0`, grype: `${REGISTRY}/grype:0.110.0` }[scanner];
  const env = Object.entries({ HOME: '/tmp', GRYPE_DB_CACHE_DIR: '/tmp/cache', GRYPE_DB_UPDATE_URL: GRYPE_DB });
  const container = {
    name: 'scanner',
    image,
    args,
    env: env.map(([variable, value]) => ({ name: variable, value })),
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    volumeMounts: [
      { name: 'in', mountPath: '/in' },
      { name: 'tmp', mountPath: '/tmp' },
    ],
  };
  const metadata = { name, namespace: NAMESPACE };
  const securityContext = { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } };
  const volumes = [
    { name: 'in', configMap: { name } },
    { name: 'tmp', emptyDir: {} },
  ];
  await apply(
    list([
      { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'sbom.json': sbom } },
      { apiVersion: 'v1', kind: 'Pod', metadata, spec: { restartPolicy: 'Never', securityContext, containers: [container], volumes } },
    ]),
  );
  await eventually(`${name} has ended`, async () => {
    const { status } = await kubectlJson<{ status: { phase: string } }>(['-n', NAMESPACE, 'get', 'pod', name]);
    return /Succeeded|Failed/.test(status.phase) ? status : undefined;
  });
  return kubectl(['-n', NAMESPACE, 'logs', name]);
}

describe.runIf(hasCluster())('an SBOM kept per scan', () => {
  beforeAll(() => freshNamespace(NAMESPACE));
  afterAll(() => kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait=false']).then(() => undefined));

  it('names what the scanners found, and both scanners read it', async () => {
    await applyScan(NAMESPACE, testPolicy({ sbom: true }), [webWorkload('1.0.0')]);
    expect(await runCronJob(NAMESPACE, CRON_JOB, 'now')).toBe('Complete');
    const digest = digestOf('web:1.0.0');
    expect(await jobLogs(NAMESPACE, 'now')).toContain(`the SBOM of ${digest} is kept in ConfigMap ${CONFIG_MAP}`);

    const stored = await kubectlJson<{ data: { sboms: string } }>(['-n', NAMESPACE, 'get', 'configmap', CONFIG_MAP]);
    const text = await keptSbom(digest);
    expect(JSON.parse(stored.data.sboms)).toEqual({
      schemaVersion: 1,
      repository: `${REGISTRY}/web`,
      format: 'CycloneDX',
      digests: { [digest]: { writtenAt: expect.stringMatching(/^20/), bytes: expect.any(Number) } },
    });
    const sbom = JSON.parse(text) as { bomFormat: string; components: readonly { purl?: string }[] };
    expect(sbom.bomFormat).toBe('CycloneDX');
    const { evidence } = await storedIn(NAMESPACE);
    const found = evidence?.digests[digest]?.findings ?? [];
    expect(found).toHaveLength(8);
    const packages = sbom.components.flatMap(({ purl }) => (purl === undefined ? [] : [/\/([^/@]+)@/.exec(purl)?.[1]]));
    for (const { package: name } of found) expect(packages).toContain({ openssl: 'libcrypto3' }[name] ?? name);

    const ids = found.map(({ id }) => id).sort();
    const trivy = readReport(await scanSbom('trivy', text), 'trivy');
    expect([...new Set(trivy.findings.map(({ id }) => id))].sort()).toEqual(ids);
    // Grype 0.110 reads CycloneDX up to 1.6.
    const older = JSON.stringify({ ...sbom, specVersion: '1.6' });
    const grype = readReport(await scanSbom('grype', older), 'grype');
    expect([...new Set(grype.findings.map(({ id }) => id))].sort()).toEqual(ids);
  });
});
