import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../src/manifest/manifest.js';
import { names } from '../../src/manifest/names.js';
import type { Scanner } from '../../src/policy/policy.js';
import { checkScanners } from '../../src/scan/check.js';
import { scanManifests } from '../../src/scan/manifests.js';
import { addSbom, type KeptSboms, SBOM_BYTES, sbomKey } from '../../src/scan/sbom.js';
import { DIGEST, image, lock, mount, policy, staging, workload } from './fixture.js';

const REPOSITORY = 'ghcr.io/acme/web';
const NONE: KeptSboms = { index: { schemaVersion: 1, repository: REPOSITORY, format: 'CycloneDX', digests: {} }, files: {} };
const at = (day: number) => `2026-11-${String(day).padStart(2, '0')}T03:17:00Z`;
const sbom = (bytes: number, file = 'SBOM') => ({ file, bytes });

describe('SBOMs of a repository', () => {
  it('are kept by digest, under keys that a ConfigMap takes', () => {
    const kept = addSbom(addSbom(NONE, DIGEST.old, at(1), sbom(10, 'old')), DIGEST.new, at(2), sbom(20, 'new'));
    expect(kept.files).toEqual({ [sbomKey(DIGEST.old)]: 'old', [sbomKey(DIGEST.new)]: 'new' });
    expect(kept.index.digests).toEqual({ [DIGEST.new]: { writtenAt: at(2), bytes: 20 }, [DIGEST.old]: { writtenAt: at(1), bytes: 10 } });
    for (const key of Object.keys(kept.files)) expect(key).toMatch(/^[-._a-zA-Z0-9]{1,253}$/);
  });

  it('are replaced by the next scan of the same digest', () => {
    const kept = addSbom(addSbom(NONE, DIGEST.old, at(1), sbom(10, 'first')), DIGEST.old, at(2), sbom(11, 'second'));
    expect(kept.files).toEqual({ [sbomKey(DIGEST.old)]: 'second' });
    expect(kept.index.digests).toEqual({ [DIGEST.old]: { writtenAt: at(2), bytes: 11 } });
  });

  it.each([
    ['fits exactly', SBOM_BYTES, { writtenAt: at(1), bytes: SBOM_BYTES }],
    ['is one byte too large', SBOM_BYTES + 1, { writtenAt: at(1), missing: expect.stringMatching(/^too large to be kept: 1000001 bytes/) }],
  ])('one that %s', (_name, bytes, expected) => {
    const kept = addSbom(NONE, DIGEST.old, at(1), sbom(bytes));
    expect(kept.index.digests).toEqual({ [DIGEST.old]: expected });
    expect(Object.keys(kept.files)).toHaveLength('bytes' in expected ? 1 : 0);
  });

  it('make room for the newest, and say which were left out', () => {
    const [a, b, c] = [DIGEST.old, DIGEST.locked, DIGEST.new];
    let kept = addSbom(NONE, a, at(1), sbom(0.3 * SBOM_BYTES));
    kept = addSbom(kept, b, at(2), sbom(0.5 * SBOM_BYTES));
    kept = addSbom(kept, c, at(3), sbom(0.6 * SBOM_BYTES));
    expect(Object.keys(kept.files).sort()).toEqual([sbomKey(a), sbomKey(c)]);
    expect(kept.index.digests[b]).toEqual({ writtenAt: at(2), missing: 'left out: newer ones of this repository take the room' });
  });

  it('say why a scan brought none, and keep the earlier one of the same digest', () => {
    const missing = { missing: 'exit code 1' };
    expect(addSbom(NONE, DIGEST.old, at(1), missing).index.digests).toEqual({ [DIGEST.old]: { writtenAt: at(1), missing: 'exit code 1' } });
    const kept = addSbom(NONE, DIGEST.old, at(1), sbom(10));
    expect(addSbom(kept, DIGEST.old, at(2), missing)).toEqual(kept);
    expect(addSbom(kept, DIGEST.old, at(2), sbom(SBOM_BYTES + 1))).toEqual(kept);
  });

  it('are of the newest eight digests', () => {
    let kept = NONE;
    for (let day = 1; day <= 10; day += 1) kept = addSbom(kept, `sha256:${day}`, at(day), sbom(1));
    expect(Object.keys(kept.index.digests)).toEqual([10, 9, 8, 7, 6, 5, 4, 3].map((day) => `sha256:${day}`));
    expect(Object.keys(kept.files)).toHaveLength(8);
  });
});

describe('manifests', () => {
  // biome-ignore lint/suspicious/noExplicitAny: manifests are looked into at will
  type Loose = any;
  const trivy: Scanner = { kind: 'trivy', args: ['--ignore-unfixed'], database: 'mirror.example/trivy-db:2' };
  const grype: Scanner = { kind: 'grype', args: [] };
  const made = (sbom: true | undefined, scanners: readonly Scanner[] = [grype, trivy]): readonly Manifest[] =>
    scanManifests({
      policy: policy({ scan: { scanners, ...(sbom === undefined ? {} : { sbom }) } }),
      stage: staging,
      workloads: [workload('web', image('web', `${REPOSITORY}:1`))],
      lock: lock(),
      mount,
    });
  const pod = (manifests: readonly Manifest[]): Loose =>
    (manifests.find(({ kind }) => kind === 'CronJob') as Loose).spec.jobTemplate.spec.template.spec;

  it('have a second Trivy that writes CycloneDX, needs no database of vulnerabilities, and no access to what others write', () => {
    const { containers, volumes } = pod(made(true));
    expect(containers.map(({ name }: Loose) => name)).toEqual(['scan', 'grype', 'trivy', 'sbom']);
    const [scan, , scanner, writer] = containers;
    expect(writer.image).toBe(scanner.image);
    expect(writer.args.join(' ')).toContain('--format cyclonedx --output /tmp/report.json');
    expect(writer.args).not.toContain('--scanners');
    expect(writer.args.at(-1)).toBe('--ignore-unfixed');
    expect(writer.volumeMounts).toContainEqual({ name: 'sbom', mountPath: '/tmp' });
    expect(writer.securityContext).toEqual(scanner.securityContext);
    expect(scan.volumeMounts).toContainEqual({ name: 'sbom', mountPath: '/scratch/sbom', readOnly: true });
    expect(volumes).toContainEqual({ name: 'sbom', emptyDir: {} });
  });

  it('have a ConfigMap per repository for them, which the agent may get and update by name', () => {
    const manifests = made(true);
    const stored = manifests.filter(({ kind }) => kind === 'ConfigMap');
    expect(stored.map(({ metadata }) => metadata.name)).toEqual([names.evidence(REPOSITORY), names.sbom(REPOSITORY)]);
    expect(stored[1]).not.toHaveProperty('data');
    expect((manifests.find(({ kind }) => kind === 'Role') as Loose).rules[0]).toMatchObject({
      verbs: ['get', 'update'],
      resourceNames: [names.evidence(REPOSITORY), names.sbom(REPOSITORY)],
    });
  });

  it('have nothing of it where the policy does not ask', () => {
    expect(JSON.stringify(made(undefined))).not.toContain('sbom');
  });

  it('are refused where no scanner can write one', () => {
    expect(() => made(true, [grype])).toThrow(/scan\.sbom: No scanner of this policy can write an SBOM\. Add trivy to scan\.scanners/);
    expect(checkScanners(policy({ scan: { sbom: true, scanners: [grype, trivy] } }))).toEqual([]);
  });
});
