import { describe, expect, it } from 'vitest';
import type { ToolEntry } from '../../src/lock/lock.js';
import type { Manifest } from '../../src/manifest/manifest.js';
import { planStage } from '../../src/plan.js';
import { definePolicy } from '../../src/policy/define.js';
import { copaManifests } from '../../src/remedy/copa.js';
import { DIGEST, image, lock, policy, staging, workload } from '../scan/fixture.js';

const COPA: ToolEntry = { image: 'registry.example/copa', tag: '0.14.2', digest: `sha256:${'9'.repeat(64)}` };
const LOCK = lock({ ...lock().tools, copa: COPA });
const web = {
  ...workload('web', image('web', 'ghcr.io/acme/web:1.4')),
  remedy: 'copa',
  buildkit: 'tcp://buildkitd.build:1234',
} as const;
const made = (changes: Partial<Parameters<typeof copaManifests>[0]> = {}) =>
  copaManifests({ policy: policy(), stage: staging, workloads: [web], lock: LOCK, ...changes });

// biome-ignore lint/suspicious/noExplicitAny: an object is looked into at will
const cronJob = (manifests: readonly Manifest[]): any => manifests.find(({ kind }) => kind === 'CronJob');
const podOf = (manifests: readonly Manifest[]) => cronJob(manifests).spec.jobTemplate.spec.template.spec;

describe('a workload that is patched', () => {
  it('has a CronJob that nobody starts but a person, with an account that may do nothing', () => {
    expect(made().map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`)).toEqual([
      'ServiceAccount shop-staging/patchway-copa-web',
      'CronJob shop-staging/patchway-copa-web',
    ]);
    expect(cronJob(made()).spec).toMatchObject({
      suspend: true,
      schedule: '17 3 * * *',
      timeZone: 'Europe/Berlin',
      concurrencyPolicy: 'Forbid',
    });
    expect(podOf(made())).toMatchObject({ serviceAccountName: 'patchway-copa-web', automountServiceAccountToken: false });
  });

  it('is patched as the lock names it, and pushed beside it', () => {
    expect(podOf(made()).containers[0]).toMatchObject({
      image: `registry.example/copa:0.14.2@${COPA.digest}`,
      command: ['copa', 'patch'],
      args: [
        '--image',
        `ghcr.io/acme/web:1.4@${DIGEST.locked}`,
        '--tag',
        '1.4-patched',
        '--addr',
        'tcp://buildkitd.build:1234',
        '--push',
        '--timeout',
        '30m',
      ],
    });
  });

  it('keeps its tag when it is patched again', () => {
    const again = { ...web, images: [image('web', 'ghcr.io/acme/web:1.4-patched')] };
    expect(podOf(made({ workloads: [again] })).containers[0].args).toEqual(expect.arrayContaining(['--tag', '1.4-patched']));
  });

  it('runs under "restricted" with a read-only root and no privileges', () => {
    const { securityContext, containers, volumes } = podOf(made());
    expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(containers[0].securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(volumes).toEqual([{ name: 'tmp', emptyDir: {} }]);
    expect(containers[0].env).toEqual([{ name: 'HOME', value: '/tmp' }]);
  });

  it.each([
    [{ pushSecret: 'push', pullSecrets: ['pull'] }, 'policy', 'push'],
    [{ pullSecrets: ['a-pull', 'b-pull'] }, 'policy', 'a-pull'],
    [{}, 'policy', 'policy'],
  ])('pushes with the Secret that fits best: %j', (changes, registrySecret, secret) => {
    const pod = podOf(made({ workloads: [{ ...web, ...changes }], policy: policy({ scan: { registrySecret } }) }));
    expect(pod.volumes).toContainEqual({
      name: 'registry',
      secret: { secretName: secret, defaultMode: 0o440, items: [{ key: '.dockerconfigjson', path: 'config.json' }] },
    });
    expect(pod.containers[0].env).toContainEqual({ name: 'DOCKER_CONFIG', value: '/patchway/registry' });
  });

  it.each([
    ['another remedy', { workloads: [{ ...web, remedy: 'rebuild' as const }] }],
    ['no BuildKit', { workloads: [workload('web', ...web.images)] }],
    ['no image of its own', { workloads: [{ ...web, images: [] }] }],
    ['a stage before', { stage: { ...staging, after: ['dev'] } }],
    ['no workload', { workloads: [] }],
  ])('is none with %s', (_what, changes) => {
    expect(made(changes)).toEqual([]);
  });

  it('needs an image of Copa in the lock', () => {
    expect(() => made({ lock: lock() })).toThrow('the lock names no image for copa. Add `copa: {image: …, tag: …}` under `tools`');
  });
});

describe('a stage with such a workload', () => {
  const LOCKED = { staging: { tag: '1.4', digest: DIGEST.locked, releasedAt: '2026-10-01T00:00:00Z', releasedFrom: 'config' } } as const;
  const planned = (tools = LOCK.tools) =>
    planStage({
      policy: definePolicy({
        name: 'shop',
        scan: { schedule: '17 3 * * *', scanners: [{ kind: 'grype' }] },
        gate: { deadlines: { critical: '7d', high: '14d', medium: '30d', low: '90d' } },
        stages: [{ name: 'staging', namespace: 'shop-staging' }],
      }),
      stage: 'staging',
      lock: { schemaVersion: 1, images: { 'ghcr.io/acme/web:1.4': LOCKED }, tools },
      agentBundle: 'agent',
      workloads: [
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'web', annotations: { 'patchway.dev/remedy': 'copa', 'patchway.dev/buildkit': 'tcp://buildkitd.build:1234' } },
          spec: {
            selector: { matchLabels: { app: 'web' } },
            template: {
              metadata: { labels: { app: 'web' } },
              spec: { containers: [{ name: 'web', image: 'ghcr.io/acme/web:1.4', readinessProbe: { httpGet: { port: 80 } } }] },
            },
          },
        },
      ],
    });

  it('has its CronJob, and lets the tool’s image run', () => {
    const { manifests, problems } = planned();
    expect(problems).toEqual([]);
    expect(manifests.map(({ metadata }) => metadata.name)).toContain('patchway-copa-web');
    const guard = manifests.find(({ kind, metadata }) => kind === 'ServiceAccount' && metadata.name === 'patchway-guard-staging');
    expect(guard?.metadata.annotations?.['patchway.dev/lock']).toContain(COPA.digest);
  });

  it('is not written without the tool', () => {
    expect(planned(lock().tools).problems).toEqual([
      expect.objectContaining({ message: expect.stringContaining('names no image for copa') }),
    ]);
  });
});
