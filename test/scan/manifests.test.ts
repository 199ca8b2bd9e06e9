import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../src/manifest/manifest.js';
import type { WorkloadSummary } from '../../src/manifest/stage-config.js';
import type { Scanner, ScanPolicy } from '../../src/policy/policy.js';
import { scanManifests } from '../../src/scan/manifests.js';
import { HOUR, image, lock, MINUTE, mount, policy, staging, workload } from './fixture.js';

const shop = [
  workload('web', image('web', 'ghcr.io/acme/web:1.4'), image('init', 'ghcr.io/acme/tools:1', undefined, true)),
  workload('api', image('api', 'ghcr.io/acme/api:2'), image('web', 'ghcr.io/acme/web:1.4')),
  workload('beta', image('web', 'ghcr.io/acme/web:1.5')),
];

// biome-ignore lint/suspicious/noExplicitAny: manifests are looked into at will
type Loose = any;

function manifests(scan: Partial<ScanPolicy> = {}, workloads: readonly WorkloadSummary[] = shop): readonly Manifest[] {
  return scanManifests({ policy: policy({ scan }), stage: staging, workloads, lock: lock(), mount });
}

function cronJob(scan: Partial<ScanPolicy> = {}, workloads: readonly WorkloadSummary[] = shop): Loose {
  return manifests(scan, workloads).find(({ kind }) => kind === 'CronJob');
}

function pod(scan: Partial<ScanPolicy> = {}): Loose {
  return cronJob(scan).spec.jobTemplate.spec.template.spec;
}

function container(name: string, scan: Partial<ScanPolicy> = {}): Loose {
  const { initContainers, containers } = pod(scan);
  return [...initContainers, ...containers].find((candidate: Loose) => candidate.name === name);
}

describe('the CronJob', () => {
  it('has one index per reference and runs the policy’s number at a time', () => {
    expect(cronJob().spec.jobTemplate.spec).toMatchObject({
      completionMode: 'Indexed',
      completions: 4,
      parallelism: 4,
      backoffLimitPerIndex: 1,
    });
    expect(cronJob({ parallelism: 2 }).spec.jobTemplate.spec.parallelism).toBe(2);
    expect(cronJob({ parallelism: 50 }).spec.jobTemplate.spec.parallelism).toBe(4);
    expect(cronJob().spec.jobTemplate.spec).not.toHaveProperty('maxFailedIndexes');
  });

  it('starts by the policy’s schedule in its time zone, never twice at a time, and late rather than not at all', () => {
    const { schedule, timeZone, concurrencyPolicy, startingDeadlineSeconds, successfulJobsHistoryLimit, failedJobsHistoryLimit } = cronJob({
      keep: 5,
    }).spec;
    expect({ schedule, timeZone, concurrencyPolicy, successfulJobsHistoryLimit, failedJobsHistoryLimit }).toEqual({
      schedule: '17 3 * * *',
      timeZone: 'Europe/Berlin',
      concurrencyPolicy: 'Forbid',
      successfulJobsHistoryLimit: 5,
      failedJobsHistoryLimit: 5,
    });
    expect(startingDeadlineSeconds * 1000).toBeGreaterThanOrEqual(HOUR);
  });

  it('ends a pod only after the agent’s own time, and a Job only after all of its pods could have ended twice', () => {
    const job = cronJob({ timeout: 10 * MINUTE, parallelism: 3 }).spec.jobTemplate.spec;
    const seconds = job.template.spec.activeDeadlineSeconds;
    expect(seconds).toBeGreaterThan(600);
    expect(job.activeDeadlineSeconds).toBe(2 * 2 * seconds);
    expect(job.template.spec.restartPolicy).toBe('Never');
  });

  it('has a name that Kubernetes can make Jobs of', () => {
    expect(cronJob().metadata.name).toBe('patchway-scan-staging');
    // A policy's stage names have 30 characters at most, and Kubernetes adds 11 to a CronJob's name of at most 52.
    const longest = { ...staging, name: 's'.repeat(30) };
    const made = scanManifests({ policy: policy(), stage: longest, workloads: shop, lock: lock(), mount });
    expect(made.at(-1)?.metadata.name.length).toBeLessThanOrEqual(52);
  });
});

describe('without images', () => {
  it.each([
    ['no workloads', []],
    ['workloads without images', [workload('web')]],
  ])('%s: there is nothing to apply', (_name, workloads) => {
    expect(manifests({}, workloads)).toEqual([]);
  });
});

describe('evidence ConfigMaps', () => {
  it('are one per repository, and carry no data that applying could overwrite', () => {
    const found = manifests().filter(({ kind }) => kind === 'ConfigMap');
    expect(found.map(({ metadata }) => metadata.annotations?.['patchway.dev/repository'])).toEqual([
      'ghcr.io/acme/api',
      'ghcr.io/acme/tools',
      'ghcr.io/acme/web',
    ]);
    for (const configMap of found) {
      expect(Object.keys(configMap).sort()).toEqual(['apiVersion', 'kind', 'metadata']);
      expect(configMap.metadata.namespace).toBe('shop-staging');
    }
  });

  it('keep their order and names when a workload is added', () => {
    const before = manifests().filter(({ kind }) => kind === 'ConfigMap');
    const after = manifests({}, [...shop, workload('db', image('db', 'docker.io/library/postgres:17'))]).filter(
      ({ kind }) => kind === 'ConfigMap',
    );
    expect(after.filter(({ metadata }) => before.some((one) => one.metadata.name === metadata.name))).toEqual(before);
  });
});

describe('access', () => {
  it('names the evidence and the workloads one by one; only its own pod cannot be named', () => {
    const role = manifests().find(({ kind }) => kind === 'Role') as Loose;
    expect(role.rules).toEqual([
      {
        apiGroups: [''],
        resources: ['configmaps'],
        verbs: ['get', 'update'],
        resourceNames: manifests()
          .filter(({ kind }) => kind === 'ConfigMap')
          .map(({ metadata }) => metadata.name),
      },
      { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
      { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'], resourceNames: ['api', 'beta', 'web'] },
    ]);
  });
});

describe('the pod', () => {
  it('fetches first, then scans with each scanner beside the agent', () => {
    expect(pod().initContainers.map(({ name }: Loose) => name)).toEqual(['fetch']);
    expect(pod().containers.map(({ name }: Loose) => name)).toEqual(['scan', 'grype', 'trivy']);
    expect(pod({ scanners: [{ kind: 'trivy', args: [] }] }).containers.map(({ name }: Loose) => name)).toEqual(['scan', 'trivy']);
  });

  it('gives credentials to fetch alone and a token to the agent alone', () => {
    const scan = { registrySecret: 'pull', registryCa: 'corporate-ca' };
    const holders = (volume: string) =>
      [...pod(scan).initContainers, ...pod(scan).containers]
        .filter(({ volumeMounts }: Loose) => volumeMounts.some(({ name }: Loose) => name === volume))
        .map(({ name }: Loose) => name);
    expect(holders('registry')).toEqual(['fetch']);
    expect(holders('token')).toEqual(['fetch', 'scan']);
    expect(holders('ca')).toEqual(['fetch', 'grype', 'trivy']);
    expect(pod(scan).automountServiceAccountToken).toBe(false);
  });

  it('starts although a Secret or ConfigMap is missing, so that the evidence can say so', () => {
    const { volumes } = pod({ registrySecret: 'pull', registryCa: 'corporate-ca' });
    expect(volumes.find(({ name }: Loose) => name === 'registry').projected.sources).toMatchObject([
      { secret: { name: 'pull', optional: true } },
    ]);
    expect(volumes.find(({ name }: Loose) => name === 'ca').configMap).toMatchObject({ name: 'corporate-ca', optional: true });
  });

  it('has every Secret that a workload pulls with, once, in a directory of its own', () => {
    const workloads = [
      { ...workload('web', image('web', 'ghcr.io/acme/web:1')), pullSecrets: ['team-a'] },
      { ...workload('api', image('api', 'ghcr.io/acme/api:1')), pullSecrets: ['team-b', 'pull'] },
    ];
    const { volumes } = cronJob({ registrySecret: 'pull' }, workloads).spec.jobTemplate.spec.template.spec;
    const { sources } = volumes.find(({ name }: Loose) => name === 'registry').projected;
    expect(sources.map(({ secret }: Loose) => [secret.name, secret.items])).toEqual(
      ['pull', 'team-a', 'team-b'].map((name) => [name, [{ key: '.dockerconfigjson', path: `${name}/config.json` }]]),
    );
  });

  it('mounts neither where nothing names one', () => {
    expect(pod().volumes.map(({ name }: Loose) => name)).toEqual(['agent', 'config', 'token', 'work', 'grype', 'trivy']);
  });

  it('lets a scanner write nowhere but into its own scratch directory', () => {
    for (const kind of ['grype', 'trivy']) {
      const { volumeMounts, securityContext } = container(kind);
      expect(securityContext).toEqual({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } });
      expect(volumeMounts.filter(({ readOnly }: Loose) => readOnly !== true)).toEqual([{ name: kind, mountPath: '/tmp' }]);
    }
  });

  it('needs no shell: scanners are their images’ own entry points with constant arguments', () => {
    expect(container('trivy')).not.toHaveProperty('command');
    expect(container('grype')).not.toHaveProperty('command');
  });

  it('runs the locked tools', () => {
    expect(container('grype').image).toBe(`docker.io/anchore/grype:v0.110.0@sha256:${'2'.repeat(64)}`);
    expect(container('fetch').image).toBe(mount.image);
  });

  it('takes a scanner’s resources from the policy, else its own', () => {
    const resources = { requests: { memory: '1Gi' }, limits: { memory: '4Gi' } };
    const scanners: Scanner[] = [
      { kind: 'trivy', args: [], resources },
      { kind: 'grype', args: [] },
    ];
    expect(container('trivy', { scanners }).resources).toEqual(resources);
    expect(container('grype', { scanners }).resources).toEqual({
      requests: { cpu: '100m', memory: '256Mi', 'ephemeral-storage': '2Gi' },
      limits: { cpu: '2', memory: '2Gi' },
    });
  });

  it('sets disk aside for the layout, from fetching to the end, and none where nothing is fetched', () => {
    const disk = (scan?: Partial<ScanPolicy>) =>
      ['fetch', 'scan'].map((name) => container(name, scan).resources.requests['ephemeral-storage']);
    expect(disk()).toEqual(['1Gi', '1Gi']);
    expect(disk({ scanners: [{ kind: 'clair', server: 'https://clair.example', args: [] }] })).toEqual([undefined, undefined]);
  });
});

describe('bad input', () => {
  it('names a tool that the lock does not have', () => {
    const make = () => scanManifests({ policy: policy(), stage: staging, workloads: shop, lock: lock({}), mount });
    expect(make).toThrow(/the lock names no image for grype/);
  });

  it('refuses arguments that would hide the report', () => {
    const scanners: Scanner[] = [
      { kind: 'trivy', args: ['--severity', 'HIGH', '--exit-code=3'] },
      { kind: 'grype', args: ['--fail-on', 'high'] },
    ];
    expect(() => manifests({ scanners })).toThrow(/scan\.scanners\[0\]\.args\[2\]: --exit-code[\s\S]*scan\.scanners\[1\]\.args\[0\]/);
  });
});
