import { describe, expect, it } from 'vitest';
import { applyEdits } from '../../src/manifest/edit.js';
import type { Manifest } from '../../src/manifest/manifest.js';
import type { RolloutPolicy, Stage } from '../../src/policy/policy.js';
import { adopt } from '../../src/rollout/adopt.js';
import { container, DIGEST, deployment, lock, manifest, policy, production, rollout } from './fixture.js';

const LOCKED = `ghcr.io/acme/web:1.4.1@${DIGEST}`;
const sleep = (seconds: number) => ({ preStop: { sleep: { seconds } } });

interface Options {
  readonly rollout?: Partial<RolloutPolicy>;
  readonly stage?: Partial<Stage>;
  readonly beside?: readonly Manifest[];
}

function adopted(given: Manifest, options: Options = {}) {
  const found = adopt({
    policy: { ...policy, rollout: { ...rollout, ...options.rollout } },
    stage: { ...production, ...options.stage },
    lock,
    manifest: given,
    beside: options.beside ?? [],
  });
  if (found === undefined) throw new Error('it bears no pods');
  const told = (severity: string) => found.problems.filter((p) => p.severity === severity).map((p) => `${p.path}: ${p.message}`);
  return { ...found, after: applyEdits(given, found.edits), errors: told('error'), warnings: told('warning') };
}

/** What edits set, by their paths. */
const fields = ({ edits }: { readonly edits: ReturnType<typeof adopted>['edits'] }) =>
  Object.fromEntries(edits.map(({ path, value }) => [path.join('.'), value]));

const POD = 'spec.template.spec';
const LABELS = { 'metadata.labels.patchway.dev/policy': 'storefront', 'metadata.labels.patchway.dev/stage': 'production' };
const ENDS = { [`${POD}.containers.0.lifecycle.preStop`]: sleep(5).preStop, [`${POD}.terminationGracePeriodSeconds`]: 35 };

function workload(kind: string, spec: Record<string, unknown> = {}, pod: Record<string, unknown> = {}): Manifest {
  const { template, ...rest } = deployment({ pod }).spec;
  return { apiVersion: 'apps/v1', kind, metadata: { name: 'web' }, spec: { ...rest, template, ...spec } };
}

function claim(name: string, ...accessModes: string[]): Manifest {
  return manifest('PersistentVolumeClaim', name, { accessModes });
}

describe('what adopting writes', () => {
  it('into a Deployment, and nothing else', () => {
    const found = adopted(deployment());
    expect(fields(found)).toEqual({
      ...LABELS,
      ...ENDS,
      [`${POD}.containers.0.image`]: LOCKED,
      'spec.strategy.type': 'RollingUpdate',
      'spec.strategy.rollingUpdate.maxUnavailable': 0,
      'spec.strategy.rollingUpdate.maxSurge': '25%',
      'spec.minReadySeconds': 10,
      'spec.progressDeadlineSeconds': 600,
      'spec.revisionHistoryLimit': 5,
      [`${POD}.topologySpreadConstraints`]: [
        {
          maxSkew: 1,
          topologyKey: 'kubernetes.io/hostname',
          whenUnsatisfiable: 'ScheduleAnyway',
          labelSelector: { matchLabels: { app: 'web' } },
          matchLabelKeys: ['pod-template-hash'],
        },
      ],
    });
    expect(found.coverage).toEqual({ state: 'covered' });
    expect(found.problems).toEqual([]);
    expect(found.workload).toMatchObject({
      kind: 'Deployment',
      name: 'web',
      images: [{ container: 'web', reference: 'ghcr.io/acme/web:1.4' }],
    });
    expect(found.additions).toMatchObject([
      { kind: 'PodDisruptionBudget', metadata: { name: 'web' }, spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'web' } } } },
    ]);
  });

  it('into a StatefulSet: no surge, no replicas', () => {
    const found = adopted(workload('StatefulSet', { serviceName: 'web' }), { stage: { replicas: 5 } });
    expect(fields(found)).toEqual({
      ...LABELS,
      ...ENDS,
      [`${POD}.containers.0.image`]: LOCKED,
      'spec.updateStrategy.type': 'RollingUpdate',
      'spec.minReadySeconds': 10,
      'spec.revisionHistoryLimit': 5,
      [`${POD}.topologySpreadConstraints`]: [expect.not.objectContaining({ matchLabelKeys: expect.anything() })],
    });
    expect(found.workload).toMatchObject({ kind: 'StatefulSet', replicas: 1 });
    expect(found.additions.map(({ kind }) => kind)).toEqual(['PodDisruptionBudget']);
  });

  it('into a DaemonSet: a surge on each node, no spread and no budget', () => {
    const found = adopted(workload('DaemonSet'));
    expect(fields(found)).toEqual({
      ...LABELS,
      ...ENDS,
      [`${POD}.containers.0.image`]: LOCKED,
      'spec.updateStrategy.type': 'RollingUpdate',
      'spec.updateStrategy.rollingUpdate.maxUnavailable': 0,
      'spec.updateStrategy.rollingUpdate.maxSurge': '25%',
      'spec.minReadySeconds': 10,
      'spec.revisionHistoryLimit': 5,
    });
    expect(found.additions).toEqual([]);
  });

  it.each([
    ['batch/v1', 'CronJob', ['spec', 'jobTemplate', 'spec', 'template'], true],
    ['batch/v1', 'Job', ['spec', 'template'], false],
    ['apps/v1', 'ReplicaSet', ['spec', 'template'], false],
    ['v1', 'ReplicationController', ['spec', 'template'], false],
    ['v1', 'PodTemplate', ['template'], false],
    ['v1', 'Pod', [], false],
  ])('into a %s %s: images alone', (apiVersion, kind, template, isWorkload) => {
    const pod = { initContainers: [{ name: 'setup', image: 'busybox:1.36' }], containers: [container] };
    const nested = [...template, 'spec'].reduceRight<Record<string, unknown>>((inner, key) => ({ [key]: inner }), pod);
    const found = adopted({ apiVersion, kind, metadata: { name: 'web' }, ...nested });
    const place = [...template, 'spec'].join('.');
    expect(fields(found)).toEqual({
      ...LABELS,
      [`${place}.initContainers.0.image`]: `docker.io/library/busybox:1.36@${DIGEST}`,
      [`${place}.containers.0.image`]: LOCKED,
    });
    expect(found.workload?.kind).toBe(isWorkload ? kind : undefined);
    expect(found.additions).toEqual([]);
  });

  it('nothing, where an object bears no pods', () => {
    expect(adopt({ policy, stage: production, lock, manifest: manifest('Service', 'web'), beside: [] })).toBeUndefined();
  });

  it.each([deployment(), workload('StatefulSet'), workload('DaemonSet')])('nothing more the second time ($kind)', (given) => {
    expect(adopted(adopted(given).after).edits).toEqual([]);
  });
});

describe('images', () => {
  const imageOf = (image: string) => fields(adopted(deployment({ container: { image } })))[`${POD}.containers.0.image`];
  it.each([
    ['a tag', 'ghcr.io/acme/web:1.4', LOCKED],
    ['another digest', `ghcr.io/acme/web:1.4@sha256:${'c'.repeat(64)}`, LOCKED],
    ['its digest and the tag of the lock', LOCKED, undefined],
    ['its digest and its own tag', `ghcr.io/acme/web:1.4@${DIGEST}`, undefined],
    ['its digest and no tag', `ghcr.io/acme/web@${DIGEST}`, undefined],
  ])('by %s', (_case, image, expected) => {
    expect(imageOf(image)).toBe(expected);
  });

  it('are found again by what they were made', () => {
    const { workload: summary } = adopted(deployment({ container: { image: LOCKED } }));
    expect(summary?.images.map(({ reference }) => reference)).toEqual(['ghcr.io/acme/web:1.4']);
  });

  it('that nobody locked are errors that say what to do', () => {
    const { errors, edits } = adopted(deployment({ container: { image: 'nginx:1.27' } }));
    expect(errors).toEqual([
      `Deployment/web ${POD}.containers[0].image: docker.io/library/nginx:1.27 is not locked for stage production. Add it with \`patchway lock update --image docker.io/library/nginx:1.27\`.`,
    ]);
    expect(edits.some(({ path }) => path.at(-1) === 'image')).toBe(false);
  });
});

describe('coverage', () => {
  const metadata = (fields: Record<string, unknown>): Manifest => ({ ...deployment(), metadata: { name: 'web', ...fields } });
  it.each([
    [
      'by annotation',
      metadata({ annotations: { 'patchway.dev/ignore': 'vendor owns it' } }),
      { state: 'ignored', reason: 'vendor owns it' },
    ],
    ['by label', metadata({ labels: { 'patchway.dev/ignore': 'vendor' } }), { state: 'ignored', reason: 'vendor' }],
    [
      'a hook of Helm',
      metadata({ annotations: { 'helm.sh/hook': 'test' } }),
      { state: 'notCoverable', reason: 'Helm runs it as a hook (test).' },
    ],
    [
      'owned',
      metadata({ ownerReferences: [{ kind: 'Database', name: 'main' }] }),
      { state: 'notCoverable', reason: 'Database/main makes it.' },
    ],
    [
      'elsewhere',
      metadata({ namespace: 'storefront-staging' }),
      { state: 'notCoverable', reason: 'It is in namespace storefront-staging, and stage production in storefront.' },
    ],
    [
      'without containers',
      workload('StatefulSet', {}, { containers: null }),
      { state: 'notCoverable', reason: 'A StatefulSet needs a list of at least one container.' },
    ],
    ['a Pod without any', manifest('Pod', 'x', { containers: [] }), { state: 'notCoverable', reason: 'It has no containers.' }],
    [
      'a Rollout that refers to a Deployment',
      { ...manifest('Rollout', 'web', { workloadRef: { kind: 'Deployment', name: 'web' } }), apiVersion: 'argoproj.io/v1alpha1' },
      { state: 'notCoverable', reason: 'Its pods are those of the workload that it refers to.' },
    ],
  ])('%s', (_case, given, coverage) => {
    const found = adopted(given);
    expect(found.coverage).toEqual(coverage);
    expect([found.edits, found.additions, found.problems, found.workload]).toEqual([[], [], [], undefined]);
  });
});

describe('what adopting must not break', () => {
  it.each([
    ['Deployment', { strategy: { type: 'Recreate' } }],
    ['StatefulSet', { updateStrategy: { type: 'OnDelete' } }],
    ['DaemonSet', { updateStrategy: { type: 'OnDelete' } }],
  ])('the strategy of a %s', (kind, spec) => {
    const { after } = adopted(workload(kind, spec));
    expect(after.spec).toMatchObject({ ...spec, minReadySeconds: 10 });
    expect(JSON.stringify(after)).not.toContain('rollingUpdate');
  });

  it('the partition of a StatefulSet', () => {
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 2 } };
    expect(adopted(workload('StatefulSet', { updateStrategy })).after.spec).toMatchObject({ updateStrategy });
  });

  it.each([
    ['one that selects its pods', 'storefront', { matchLabels: { app: 'web' } }, false],
    ['one of another namespace', 'other', { matchLabels: { app: 'web' } }, true],
    ['one of other pods', 'storefront', { matchLabels: { app: 'api' } }, true],
  ])('evictions, beside a budget: %s', (_case, namespace, selector, added) => {
    const budget = manifest('PodDisruptionBudget', 'own', { selector });
    const beside = [{ ...budget, metadata: { ...budget.metadata, namespace } }];
    for (const kind of ['Deployment', 'StatefulSet']) expect(adopted(workload(kind), { beside }).additions.length > 0).toBe(added);
  });

  it('a budget of its name that is for other pods', () => {
    const beside = [manifest('PodDisruptionBudget', 'web', { selector: { matchLabels: { app: 'api' } } })];
    expect(adopted(deployment(), { beside }).additions.map(({ metadata }) => metadata.name)).toEqual(['web-deployment']);
  });

  const claimed = (name: string) => ({ volumes: [{ name: 'data', persistentVolumeClaim: { claimName: name } }] });
  it.each([
    ['ReadWriteOnce', claim('data', 'ReadWriteOnce'), true],
    ['ReadWriteOncePod', claim('data', 'ReadWriteOncePod'), true],
    ['shared', claim('data', 'ReadWriteOnce', 'ReadWriteMany'), false],
    ['of another pod', claim('other', 'ReadWriteOnce'), false],
  ])('a volume that one pod may mount: %s', (_case, volume, alone) => {
    const { after, warnings } = adopted(deployment({ pod: claimed('data') }), { beside: [volume] });
    const pace = alone ? { maxUnavailable: 1, maxSurge: 0 } : { maxUnavailable: 0, maxSurge: '25%' };
    expect(after.spec).toMatchObject({ strategy: { rollingUpdate: pace } });
    expect(warnings).toEqual(
      alone
        ? [
            'Deployment/web spec.strategy.rollingUpdate.maxSurge: Its pods mount the claim data, which one node or one pod may mount at a time: no new pod starts before an old one is gone, and 1 at a time may be missing.',
          ]
        : [],
    );
  });

  const mounted = (readOnly: boolean) => ({
    volumes: [{ name: 'log', hostPath: { path: '/var/log' } }],
    containers: [{ ...container, volumeMounts: [{ name: 'log', mountPath: '/log', readOnly }] }],
  });
  it.each([
    ['ports', { containers: [{ ...container, ports: [{ containerPort: 80, hostPort: 80 }] }] }, 'Its pods take port 80 of their node'],
    ['network', { hostNetwork: true }, "Its pods are on the node's own network"],
    ['folders', mounted(false), 'Its pods write to /var/log of their node'],
    ['folders that are only read', mounted(true), undefined],
  ])('a DaemonSet that takes what is its node’s: %s', (_case, pod, why) => {
    const { after, warnings } = adopted(workload('DaemonSet', {}, pod));
    expect(after.spec).toMatchObject({
      updateStrategy: { rollingUpdate: why === undefined ? { maxUnavailable: 0, maxSurge: '25%' } : { maxUnavailable: 1, maxSurge: 0 } },
    });
    expect(warnings).toEqual(why === undefined ? [] : [expect.stringContaining(why)]);
  });

  it.each([
    ['nothing', [], {}, 4],
    ['an autoscaler', [manifest('HorizontalPodAutoscaler', 'web', { scaleTargetRef: { kind: 'Deployment', name: 'web' } })], {}, undefined],
    ['KEDA', [manifest('ScaledObject', 'web', { scaleTargetRef: { name: 'web' } })], { replicas: 2 }, 2],
    ['an autoscaler of another', [manifest('ScaledObject', 'x', { scaleTargetRef: { kind: 'StatefulSet', name: 'web' } })], {}, 4],
    ['somebody who switched it off', [], { replicas: 0 }, 0],
  ])('replicas that are set by %s', (_case, beside, spec, expected) => {
    const { after } = adopted(deployment({ spec }), { stage: { replicas: 4 }, beside });
    expect((after.spec as { replicas?: number }).replicas).toBe(expected);
  });

  it.each([
    ['a hook of its own', { lifecycle: { preStop: { exec: { command: ['/stop'] } } } }, {}, undefined],
    ['a short pause', { lifecycle: sleep(10) }, {}, undefined],
    ['a long pause', { lifecycle: sleep(45) }, {}, 75],
    ['a long pause by a command', { lifecycle: { preStop: { exec: { command: ['sh', '-c', 'sleep 60; nginx -s quit'] } } } }, {}, 90],
    ['a long pause with time for it', { lifecycle: sleep(45) }, { terminationGracePeriodSeconds: 60 }, 60],
    ['no hook, with a time of its own', {}, { terminationGracePeriodSeconds: 60 }, 65],
    ['a hook that is null', { lifecycle: { preStop: null } }, {}, 35],
  ])('the end of a pod with %s', (_case, own, pod, grace) => {
    const given = deployment({ container: own, pod });
    expect(adopted(given).after).toMatchObject({ spec: { template: { spec: { containers: [{ lifecycle: expect.anything() }] } } } });
    expect((adopted(given).after.spec as ReturnType<typeof deployment>['spec']).template.spec.terminationGracePeriodSeconds).toBe(grace);
  });

  it('sidecars, which end after the containers', () => {
    const sidecar = { name: 'proxy', image: 'busybox:1.36', restartPolicy: 'Always' };
    const plain = fields(adopted(deployment({ pod: { initContainers: [sidecar] } })));
    expect(plain[`${POD}.initContainers.0.image`]).toBe(`docker.io/library/busybox:1.36@${DIGEST}`);
    expect(plain).not.toHaveProperty([`${POD}.initContainers.0.lifecycle.preStop`]);
    const pausing = fields(adopted(deployment({ pod: { initContainers: [{ ...sidecar, lifecycle: sleep(60) }] } })));
    expect(pausing[`${POD}.terminationGracePeriodSeconds`]).toBe(90);
  });
});
