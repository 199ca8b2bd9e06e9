import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { scanWith } from '../../src/agent/scan.js';
import { names } from '../../src/manifest/names.js';
import { FakeCluster, fakeContext } from '../scan/fake.js';
import { config, DAY, DIGEST, image, policy, workload } from '../scan/fixture.js';

const START = Date.parse('2026-11-20T03:17:00Z');
const REPOSITORY = 'ghcr.io/acme/web';
const at = (name: string) => `/api/v1/namespaces/shop-staging/configmaps/${name}`;
const [EVIDENCE, SBOM] = [at(names.evidence(REPOSITORY)), at(names.sbom(REPOSITORY))];
const POD = '/api/v1/namespaces/shop-staging/pods/scan-0';
const KEY = DIGEST.locked.replace(':', '-');
const DOCUMENT = '{"bomFormat":"CycloneDX","specVersion":"1.7","components":[]}';
const REPORT = JSON.stringify({ SchemaVersion: 2, Trivy: { Version: '0.74.0' }, ArtifactName: '/work/image', Results: [] });

const ended = (exitCode: number, message = '') => ({ terminated: { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', message } });

interface Setup {
  readonly sbom?: unknown;
  readonly left?: string | null;
  readonly cluster?: FakeCluster;
  readonly start?: number;
  readonly failure?: { readonly status: 'failed'; readonly message: string };
}

async function run({ sbom = ended(0), left = DOCUMENT, cluster = new FakeCluster(), start = START, failure }: Setup = {}) {
  const containerStatuses = [
    { name: 'trivy', state: ended(0) },
    { name: 'sbom', state: sbom },
  ];
  cluster.put(POD, { spec: {}, status: { containerStatuses } });
  for (const path of [EVIDENCE, SBOM]) if (!cluster.objects.has(path)) cluster.put(path, {});
  const document = policy({ scan: { scanners: [{ kind: 'trivy', args: [] }], sbom: true } });
  const { context, lines } = fakeContext(cluster, config([workload('web', image('web', `${REPOSITORY}:1`))], document), start);
  const fetched = { startedAt: new Date(start).toISOString(), digest: DIGEST.locked, platforms: {}, ...(failure && { failure }) };
  const files: Readonly<Record<string, string | null>> = {
    '/work/target.json': JSON.stringify(fetched),
    '/scratch/trivy/report.json': REPORT,
    '/scratch/sbom/report.json': left,
  };
  const code = await scanWith(context, async (file) => {
    const text = files[file];
    if (text == null) throw new Error(`ENOENT: ${file}`);
    return text;
  });
  // biome-ignore lint/suspicious/noExplicitAny: a stored object is looked into at will
  const [stored, evidence] = [cluster.objects.get(SBOM) as any, cluster.objects.get(EVIDENCE) as any];
  return { code, lines, cluster, stored, index: JSON.parse(stored.data?.sboms ?? 'null'), found: JSON.parse(evidence.data.evidence) };
}

describe('the SBOM of a scan', () => {
  it('is kept as it was written, gzipped, beside evidence that does not depend on it', async () => {
    const { code, stored, index, found, lines } = await run();
    expect(code).toBe(0);
    expect(gunzipSync(Buffer.from(stored.binaryData[KEY], 'base64')).toString()).toBe(DOCUMENT);
    expect(index).toEqual({
      schemaVersion: 1,
      repository: REPOSITORY,
      format: 'CycloneDX',
      digests: { [DIGEST.locked]: { writtenAt: '2026-11-20T03:17:00Z', bytes: Buffer.from(stored.binaryData[KEY], 'base64').length } },
    });
    expect(found.digests[DIGEST.locked]).toMatchObject({ complete: true, scanners: [{ kind: 'trivy', status: 'ok' }] });
    expect(lines.at(-1)).toBe(`the SBOM of ${DIGEST.locked} is kept in ConfigMap ${names.sbom(REPOSITORY)}`);
  });

  it.each([
    ['its container failed', { sbom: ended(1, 'FATAL no space left') }, 'exit code 1: FATAL no space left'],
    ['it is not done in time', { sbom: { running: {} } }, 'not done within 15m (scan.timeout): it was still at work'],
    ['it left nothing', { left: null }, 'trivy ended well but left nothing at /scratch/sbom/report.json'],
    ['it was cut off', { left: DOCUMENT.slice(0, 30) }, 'what trivy left is no CycloneDX document, or not a whole one'],
    ['it is something else', { left: REPORT }, 'what trivy left is no CycloneDX document, or not a whole one'],
  ])('is said to be missing where %s, and the scan is complete all the same', async (_name, setup, missing) => {
    const { code, stored, index, found, lines } = await run({ left: DOCUMENT, ...setup });
    expect(code).toBe(0);
    expect(index.digests[DIGEST.locked].missing).toBe(missing);
    expect(stored.binaryData).toEqual({});
    expect(lines.at(-1)).toBe(`no SBOM of this scan: ${missing}`);
    expect(found.digests[DIGEST.locked].complete).toBe(true);
  });

  it('stays where a later scan of the digest brings none', async () => {
    const { cluster, stored: before } = await run();
    const { stored, lines } = await run({ cluster, start: START + DAY, sbom: ended(1) });
    expect(stored.binaryData).toEqual(before.binaryData);
    expect(lines.at(-1)).toMatch(/^no SBOM of this scan: exit code 1; the SBOM of sha256:b+ is kept in ConfigMap /);
  });

  it('is not asked for where there was no image', async () => {
    const { stored } = await run({ failure: { status: 'failed', message: 'ghcr.io wants credentials (401)' } });
    expect(stored.data).toBeUndefined();
  });

  it.each(['not JSON', '{"schemaVersion":2}', '{"schemaVersion":1,"repository":"ghcr.io/acme/other"}'])(
    'replaces what cannot be read there: %s',
    async (sboms) => {
      const cluster = new FakeCluster();
      cluster.put(SBOM, { data: { sboms }, binaryData: { stray: 'AAAA' } });
      const { index, stored } = await run({ cluster });
      expect(Object.keys(index.digests)).toEqual([DIGEST.locked]);
      expect(Object.keys(stored.binaryData)).toEqual([KEY]);
    },
  );
});
