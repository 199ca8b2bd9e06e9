import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../src/manifest/manifest.js';
import type { Scanner, ScanPolicy } from '../../src/policy/policy.js';
import { checkDownloads, checkScanners } from '../../src/scan/check.js';
import { scanManifests } from '../../src/scan/manifests.js';
import { image, lock, mount, policy, staging, workload } from './fixture.js';

// biome-ignore lint/suspicious/noExplicitAny: manifests are looked into at will
type Loose = any;

const CLAIM = { name: 'databases', persistentVolumeClaim: { claimName: 'vulnerabilities' } };
const SCANNERS: readonly Scanner[] = [
  { kind: 'grype', args: ['--only-fixed'], database: 'https://mirror.example/latest.json' },
  { kind: 'trivy', args: ['--ignore-unfixed'], database: 'mirror.example/trivy-db:2' },
];

const made = (scan: Partial<ScanPolicy>): readonly Manifest[] =>
  scanManifests({
    policy: policy({ scan: { scanners: SCANNERS, ...scan } }),
    stage: staging,
    workloads: [workload('web', image('web', 'ghcr.io/acme/web:1'))],
    lock: lock(),
    mount,
  });
const cronJob = (name: string, scan: Partial<ScanPolicy> = { cache: 'vulnerabilities' }): Loose =>
  made(scan).find(({ kind, metadata }) => kind === 'CronJob' && metadata.name === name);
const podOf = (job: Loose) => job.spec.jobTemplate.spec.template.spec;
const mountsOf = ({ volumeMounts }: Loose, name: string) => volumeMounts.filter((one: Loose) => one.name === name);

describe('the CronJob that fills a volume with databases', () => {
  const pod = () => podOf(cronJob('patchway-databases-staging'));

  it('downloads with each scanner, then stores what is whole', () => {
    expect(pod().initContainers.map(({ name }: Loose) => name)).toEqual(['grype', 'trivy']);
    expect(pod().containers.map(({ name }: Loose) => name)).toEqual(['databases']);
    const [grype, trivy] = pod().initContainers;
    expect(grype.args).toEqual(['db', 'update']);
    expect(grype.env).toContainEqual({ name: 'GRYPE_DB_UPDATE_URL', value: 'https://mirror.example/latest.json' });
    expect(trivy.args.slice(0, 2)).toEqual(['image', '--download-db-only']);
    expect(trivy.args).toContain('mirror.example/trivy-db:2');
  });

  it('lets the agent alone write to the volume', () => {
    expect(pod().volumes).toContainEqual(CLAIM);
    expect(mountsOf(pod().containers[0], 'databases')).toEqual([{ name: 'databases', mountPath: '/databases' }]);
    for (const container of pod().initContainers) expect(mountsOf(container, 'databases')).toEqual([]);
  });

  it('runs every six hours, never twice at a time, and its account may do nothing', () => {
    const { schedule, concurrencyPolicy } = cronJob('patchway-databases-staging').spec;
    expect(schedule).toMatch(/^([1-5]?\d) \*\/6 \* \* \*$/);
    expect(concurrencyPolicy).toBe('Forbid');
    const about = made({ cache: 'vulnerabilities' }).filter(({ metadata }) => metadata.name === 'patchway-databases-staging');
    expect(about.map(({ kind }) => kind)).toEqual(['ServiceAccount', 'CronJob']);
  });

  it('is not there where the policy names no volume, or Clair alone scans', () => {
    const clair: Scanner = { kind: 'clair', args: [], server: 'https://clair.example' };
    for (const scan of [{}, { cache: 'vulnerabilities', scanners: [clair] }]) {
      expect(JSON.stringify(made(scan))).not.toMatch(/patchway-databases|\/databases/);
    }
    expect(checkScanners(policy({ scan: { cache: 'vulnerabilities', scanners: [clair] } }))).toContainEqual(
      expect.objectContaining({ path: 'scan.cache', severity: 'warning' }),
    );
  });
});

describe('a scan with databases on a volume', () => {
  const pod = () => podOf(cronJob('patchway-scan-staging', { cache: 'vulnerabilities', sbom: true }));

  it('reads them and downloads none', () => {
    const [, grype, trivy] = pod().containers;
    expect(grype.env).toContainEqual({ name: 'GRYPE_DB_AUTO_UPDATE', value: 'false' });
    expect(trivy.args.slice(-2)).toEqual(['--skip-db-update', '--ignore-unfixed']);
    expect(pod().volumes).toContainEqual(CLAIM);
  });

  it('may write to the volume nowhere', () => {
    const [scan, grype, trivy, sbom] = pod().containers;
    for (const container of [pod().initContainers[0], scan, grype, trivy]) {
      expect(mountsOf(container, 'databases')).toEqual([{ name: 'databases', mountPath: '/databases', readOnly: true }]);
    }
    expect(mountsOf(sbom, 'databases')).toEqual([]);
  });

  it('lets fetch alone say which database a scanner has', () => {
    expect(mountsOf(pod().initContainers[0], 'trivy')).toEqual([{ name: 'trivy', mountPath: '/scratch/trivy' }]);
    expect(mountsOf(podOf(cronJob('patchway-scan-staging', {})).initContainers[0], 'trivy')).toEqual([]);
  });

  it('is no reason to warn of downloads', () => {
    const many = (scan: Partial<ScanPolicy>) =>
      checkDownloads(policy({ scan: { scanners: [{ kind: 'grype', args: [] }], ...scan } }), 1000);
    expect(many({})).toHaveLength(1);
    expect(many({ cache: 'vulnerabilities' })).toEqual([]);
  });
});
