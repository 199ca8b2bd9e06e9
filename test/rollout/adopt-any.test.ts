import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEdits } from '../../src/manifest/edit.js';
import { templatePathOf } from '../../src/manifest/kinds.js';
import type { Manifest } from '../../src/manifest/manifest.js';
import type { RolloutPolicy } from '../../src/policy/policy.js';
import { adopt } from '../../src/rollout/adopt.js';
import { DIGEST, lock, policy, production, rollout } from './fixture.js';

/** What may stand anywhere, whatever Kubernetes wants there. */
const odd = fc.oneof(
  fc.constantFrom(null, '', 'text', 0, -1, 1.5, 45, true, [], {}, [null], ['a'], { x: 1 }, '25%', '7', '__proto__'),
  fc.jsonValue({ maxDepth: 2 }),
);
const rarely = <T>(usual: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 9, arbitrary: usual as fc.Arbitrary<unknown> }, { weight: 1, arbitrary: odd });
const some = (fields: Record<string, fc.Arbitrary<unknown>>) => {
  const unknown = { futureField: odd, 'x.y/z': odd };
  return rarely(fc.record({ ...fields, ...unknown }, { requiredKeys: [] }));
};
const list = (item: fc.Arbitrary<unknown>) => rarely(fc.array(item, { maxLength: 3 }));
const amount = fc.oneof(fc.constantFrom<unknown>(0, 1, 2, 10, '0%', '25%', '50%', '100%'), odd);
const text = (...words: string[]) => rarely(fc.constantFrom(...words));

const container = some({
  name: text('web', 'proxy'),
  image: text('ghcr.io/acme/web:1.4', 'busybox:1.36', `ghcr.io/acme/web@${DIGEST}`, 'nginx', 'NO IMAGE'),
  ports: list(some({ containerPort: odd, hostPort: odd })),
  restartPolicy: text('Always', 'Never'),
  volumeMounts: list(some({ name: text('data'), readOnly: odd })),
  lifecycle: some({
    preStop: some({ sleep: some({ seconds: odd }), exec: some({ command: list(text('sleep 40', 'sh')) }) }),
    postStart: odd,
  }),
});
const pod = some({
  containers: list(container),
  initContainers: list(container),
  hostNetwork: odd,
  volumes: list(
    some({ name: text('data'), persistentVolumeClaim: some({ claimName: text('data') }), hostPath: some({ path: text('/var') }) }),
  ),
  terminationGracePeriodSeconds: rarely(fc.nat(90)),
  topologySpreadConstraints: odd,
});
const template = some({ metadata: some({ labels: some({ app: text('web', 'api') }) }), spec: pod });
const strategy = some({
  type: text('RollingUpdate', 'Recreate', 'OnDelete'),
  rollingUpdate: some({ maxUnavailable: amount, maxSurge: amount, partition: odd }),
});
const spec = some({
  replicas: rarely(fc.nat(12)),
  selector: some({ matchLabels: some({ app: text('web') }), matchExpressions: list(odd) }),
  strategy,
  updateStrategy: strategy,
  minReadySeconds: rarely(fc.nat(1000)),
  progressDeadlineSeconds: rarely(fc.nat(1000)),
  revisionHistoryLimit: rarely(fc.nat(20)),
  workloadRef: fc.constantFrom(undefined, undefined, undefined, { name: 'web' }),
  template,
});
const metadata = some({
  labels: some({ app: odd, 'patchway.dev/policy': odd }),
  annotations: some({ 'patchway.dev/remedy': odd, 'patchway.dev/base': odd, other: odd }),
  namespace: fc.constantFrom('storefront', 'other', undefined, null),
  ownerReferences: fc.constantFrom<unknown>(undefined, [], null, [{}], 'x'),
});
const named = metadata.map((fields) => ({ ...(typeof fields === 'object' ? fields : {}), name: 'web' }));

const KINDS = [
  ['apps/v1', 'Deployment'],
  ['apps/v1', 'StatefulSet'],
  ['apps/v1', 'DaemonSet'],
  ['apps/v1', 'ReplicaSet'],
  ['argoproj.io/v1alpha1', 'Rollout'],
  ['batch/v1', 'CronJob'],
  ['batch/v1', 'Job'],
  ['v1', 'ReplicationController'],
  ['v1', 'PodTemplate'],
  ['v1', 'Pod'],
] as const;

const anyManifest: fc.Arbitrary<Manifest> = fc.constantFrom(...KINDS).chain(([apiVersion, kind]) =>
  fc
    .record({ metadata: named, spec, template, pod, status: odd })
    .map(({ metadata: about, spec: inner, template: pods, pod: only, status }) => ({
      apiVersion,
      kind,
      metadata: about,
      status,
      ...(kind === 'PodTemplate' ? { template: pods } : {}),
      spec: kind === 'Pod' ? only : kind === 'CronJob' ? { schedule: '* * * * *', jobTemplate: { spec: inner } } : inner,
    })),
);
const beside = fc.array(
  fc.record({
    apiVersion: fc.constant('v1'),
    kind: fc.constantFrom('PodDisruptionBudget', 'Service', 'HorizontalPodAutoscaler', 'ScaledObject', 'PersistentVolumeClaim'),
    metadata: named.map((about) => ({ ...about, name: 'data' })),
    spec: some({
      selector: some({ matchLabels: some({ app: text('web') }), matchExpressions: list(some({ key: text('app'), values: odd })) }),
      scaleTargetRef: some({ kind: text('Deployment'), name: text('web') }),
      accessModes: list(text('ReadWriteOnce')),
    }),
  }),
  { maxLength: 3 },
);
const rules: fc.Arbitrary<RolloutPolicy> = fc
  .record({
    maxUnavailable: fc.constantFrom<RolloutPolicy['maxUnavailable']>(0, 1, 3, '0%', '25%'),
    maxSurge: fc.constantFrom<RolloutPolicy['maxSurge']>(1, 2, '25%', '100%', 0),
    minReady: fc.constantFrom(0, 1500, 10_000),
    drain: fc.constantFrom(0, 5000),
    spread: fc.constantFrom<RolloutPolicy['spread']>('nodes', 'none'),
    conflict: fc.boolean(),
  })
  .filter(({ maxUnavailable, maxSurge }) => maxSurge !== 0 || (maxUnavailable !== 0 && maxUnavailable !== '0%'))
  .map(({ conflict, ...rest }) => ({ ...rollout, ...rest, ...(conflict ? { onConflict: 'fail' as const } : {}) }));
const input = fc.record({
  manifest: anyManifest,
  beside,
  lock: fc.constant(lock),
  policy: rules.map((each) => ({ ...policy, rollout: each })),
  stage: fc.constantFrom(production, { ...production, replicas: 3 }),
});

/** Every field that adopting may write, after the object's place of pods. */
const PODS =
  /^(initContainers|containers)\.\d+\.image$|^containers\.\d+\.lifecycle\.preStop$|^terminationGracePeriodSeconds$|^topologySpreadConstraints$/;
const OBJECT = [
  /^metadata\.labels\.patchway\.dev\/(policy|stage)$/,
  /^spec\.(strategy|updateStrategy)\.(type|rollingUpdate\.(maxUnavailable|maxSurge))$/,
  /^spec\.(minReadySeconds|progressDeadlineSeconds|revisionHistoryLimit|replicas)$/,
];

/** An object's leaves by their paths; an empty object or list is one, and so is what a field stands for as a whole. */
function leaves(value: unknown, whole: (path: string) => boolean, path = ''): Map<string, unknown> {
  if (path !== '' && whole(path)) return new Map();
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return new Map([[path, value]]);
  return new Map(Object.entries(value).flatMap(([key, each]) => [...leaves(each, whole, path === '' ? key : `${path}.${key}`)]));
}

describe('adopting whatever bears pods', () => {
  it('changes nothing but the fields that are documented', () => {
    fc.assert(
      fc.property(input, (given) => {
        const before = structuredClone(given.manifest);
        const { edits } = adopt(given) ?? { edits: [] };
        expect(given.manifest).toEqual(before);
        const place = [...(templatePathOf(given.manifest) ?? []), 'spec', ''].join('.');
        const isDocumented = (path: string) =>
          OBJECT.some((field) => field.test(path)) || (path.startsWith(place) && PODS.test(path.slice(place.length)));
        const after = leaves(applyEdits(given.manifest, edits), isDocumented);
        // Where a field's parent was empty or null, it is gone for good: it says the same without it.
        const emptied = (path: string, value: unknown) =>
          !after.has(path) && (value === null || (typeof value === 'object' && Object.keys(value).length === 0));
        const kept = [...leaves(given.manifest, isDocumented)].filter(([path, value]) => !emptied(path, value));
        expect(after).toEqual(new Map(kept));
      }),
      { numRuns: 200 },
    );
  });

  it('twice is once', () => {
    fc.assert(
      fc.property(input, (given) => {
        const { edits } = adopt(given) ?? { edits: [] };
        expect(adopt({ ...given, manifest: applyEdits(given.manifest, edits) })?.edits).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  it('never leaves a rolling update that cannot roll', () => {
    fc.assert(
      fc.property(input, (given) => {
        const { edits } = adopt(given) ?? { edits: [] };
        const written = Object.fromEntries(edits.map(({ path, value }) => [path.at(-1), value]));
        const none = (value: unknown) => value === 0 || value === '0%';
        expect(none(written.maxUnavailable) && none(written.maxSurge)).toBe(false);
      }),
    );
  });
});
