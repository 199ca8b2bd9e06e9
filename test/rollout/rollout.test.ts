import { describe, expect, it } from 'vitest';
import { dig } from '../../src/manifest/dig.js';
import type { Deployment, Manifest } from '../../src/manifest/manifest.js';
import type { RolloutPolicy, Stage } from '../../src/policy/policy.js';
import { rolloutOf } from '../../src/rollout/rollout.js';
import { container, DIGEST, deployment, lock, manifest, policy, production, readinessProbe, rollout } from './fixture.js';

function roll(
  given: Deployment = deployment(),
  options: { readonly rollout?: Partial<RolloutPolicy>; readonly stage?: Partial<Stage>; readonly beside?: readonly Manifest[] } = {},
) {
  const result = rolloutOf({
    policy: { ...policy, rollout: { ...rollout, ...options.rollout } },
    stage: { ...production, ...options.stage },
    lock,
    workload: given,
    beside: options.beside ?? [],
  });
  const find = (kind: string) => result.manifests.find((m) => m.kind === kind);
  const rolled = find('Deployment');
  const pod = dig(rolled, 'spec', 'template', 'spec');
  return {
    ...result,
    find,
    spec: dig(rolled, 'spec') as Record<string, unknown>,
    pod: pod as Record<string, unknown>,
    first: dig(pod, 'containers', '0') as Record<string, unknown>,
    errors: result.problems.filter((p) => p.severity === 'error').map((p) => `${p.path}: ${p.message}`),
    warnings: result.problems.filter((p) => p.severity === 'warning').map((p) => `${p.path}: ${p.message}`),
  };
}

describe('a Deployment under a policy', () => {
  it('runs the locked digests in every container and says what it runs', () => {
    const { pod, workload, problems } = roll(deployment({ pod: { initContainers: [{ name: 'setup', image: 'busybox:1.36' }] } }));
    expect(dig(pod, 'containers', '0', 'image')).toBe(`ghcr.io/acme/web:1.4.1@${DIGEST}`);
    expect(dig(pod, 'initContainers', '0', 'image')).toBe(`docker.io/library/busybox:1.36@${DIGEST}`);
    expect(problems).toEqual([]);
    expect(workload).toEqual({
      kind: 'Deployment',
      name: 'web',
      images: [
        expect.objectContaining({ container: 'setup', init: true, reference: 'docker.io/library/busybox:1.36' }),
        expect.objectContaining({ container: 'web', init: false, repository: 'ghcr.io/acme/web', tag: '1.4.1', digest: DIGEST }),
      ],
    });
  });

  it('rolls as the policy says, whatever the manifest said', () => {
    const { spec } = roll(
      deployment({ spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 9 } }, minReadySeconds: 1 } }),
    );
    expect(spec).toMatchObject({
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: '25%' } },
      minReadySeconds: 10,
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 5,
    });
  });

  it('keeps Recreate', () => {
    const { spec } = roll(deployment({ spec: { strategy: { type: 'Recreate' } } }));
    expect(spec.strategy).toEqual({ type: 'Recreate' });
  });

  it.each([
    ['the stage', { replicas: 4 }, { replicas: 2 }, 4],
    ['the manifest', {}, { replicas: 2 }, 2],
    ['nobody', {}, {}, undefined],
  ])('has the replicas of %s', (_who, stage, spec, expected) => {
    expect(roll(deployment({ spec }), { stage }).spec.replicas).toBe(expected);
  });

  it('leaves the replicas to an autoscaler', () => {
    const scaler = (name: string) => manifest('HorizontalPodAutoscaler', name, { scaleTargetRef: { kind: 'Deployment', name } });
    expect('replicas' in roll(deployment({ spec: { replicas: 3 } }), { beside: [scaler('web')] }).spec).toBe(false);
    expect(roll(deployment({ spec: { replicas: 3 } }), { beside: [scaler('api')] }).spec.replicas).toBe(3);
  });

  it('lives in the namespace of its stage and carries the labels, its own first', () => {
    const { find, spec } = roll(deployment({ labels: { 'app.kubernetes.io/name': 'shop' } }));
    expect(find('Deployment')?.metadata).toEqual({
      name: 'web',
      namespace: 'storefront',
      labels: {
        'app.kubernetes.io/name': 'web',
        'app.kubernetes.io/part-of': 'storefront',
        'app.kubernetes.io/managed-by': 'patchway',
        'patchway.dev/policy': 'storefront',
        'patchway.dev/stage': 'production',
      },
    });
    expect(dig(spec, 'template', 'metadata', 'labels')).toMatchObject({
      app: 'web',
      'app.kubernetes.io/name': 'shop',
      'patchway.dev/stage': 'production',
    });
    expect(spec.selector).toEqual({ matchLabels: { app: 'web' } });
  });

  it('gets a selector by its name where it has none', () => {
    const { selector: _own, ...spec } = deployment().spec;
    const rolled = roll({ ...deployment(), spec });
    expect(rolled.spec.selector).toEqual({ matchLabels: { 'app.kubernetes.io/name': 'web' } });
    expect(rolled.errors).toEqual([]);
  });

  it('is refused with a selector that misses its own pods', () => {
    expect(roll(deployment({ spec: { selector: { matchLabels: { app: 'api' } } } })).errors).toEqual([
      'Deployment/web spec.selector.matchLabels: It selects pods by app: api, which is not among the labels of its own pod template.',
    ]);
  });
});

describe('images that are not locked', () => {
  it.each([
    ['ghcr.io/acme/web:1.5', 'ghcr.io/acme/web:1.5 is not locked for stage production. Add it with `patchway lock update'],
    ['nginx', 'docker.io/library/nginx:latest is not locked for stage production'],
    ['NOT AN IMAGE', '"NOT AN IMAGE" is not an image reference'],
    [undefined, 'Container web names no image'],
  ])('%s', (image, expected) => {
    const { errors } = roll(deployment({ container: { image } }));
    expect(errors).toEqual([expect.stringContaining(expected)]);
    expect(errors[0]).toMatch(/^Deployment\/web spec\.template\.spec\.containers\[0\]\.image: /);
  });

  it('names the stages that have one', () => {
    const { errors } = roll(deployment({ container: { image: 'busybox:1.36' } }), { stage: { name: 'staging' } });
    expect(errors).toEqual([expect.stringContaining('It is locked for production.')]);
  });
});

describe('the end of a pod', () => {
  it.each([
    ['a pause is added to the time it has', {}, {}, { sleep: { seconds: 5 } }, 35],
    ['also to a time of its own', {}, { terminationGracePeriodSeconds: 60 }, { sleep: { seconds: 5 } }, 65],
    ['a hook of its own stays', { lifecycle: { preStop: { exec: { command: ['x'] } } } }, {}, { exec: { command: ['x'] } }, undefined],
    ['a longer pause of its own fits', { lifecycle: { preStop: { sleep: { seconds: 45 } } } }, {}, { sleep: { seconds: 45 } }, 75],
    ['a hook for the start stays beside', { lifecycle: { postStart: { exec: {} } } }, {}, { sleep: { seconds: 5 } }, 35],
  ])('%s', (_case, own, pod, preStop, grace) => {
    const rolled = roll(deployment({ container: own, pod }));
    expect(dig(rolled.first, 'lifecycle', 'preStop')).toEqual(preStop);
    expect(rolled.pod.terminationGracePeriodSeconds).toBe(grace);
    expect(dig(rolled.first, 'lifecycle', 'postStart')).toEqual(dig(own, 'lifecycle', 'postStart'));
  });

  it('has no pause where the policy wants none, and whole seconds otherwise', () => {
    const none = roll(deployment(), { rollout: { drain: 0 } });
    expect(none.first.lifecycle).toBeUndefined();
    expect(none.pod.terminationGracePeriodSeconds).toBeUndefined();
    expect(dig(roll(deployment(), { rollout: { drain: 1500 } }).first, 'lifecycle', 'preStop', 'sleep', 'seconds')).toBe(2);
  });
});

describe('the disruption budget', () => {
  it('selects the pods and lets broken ones go', () => {
    expect(roll().find('PodDisruptionBudget')).toMatchObject({
      apiVersion: 'policy/v1',
      metadata: { name: 'web', namespace: 'storefront' },
      spec: { maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow', selector: { matchLabels: { app: 'web' } } },
    });
  });

  it.each([
    ['labels', { matchLabels: { app: 'web' } }, false],
    ['an expression', { matchExpressions: [{ key: 'app', operator: 'In', values: ['web', 'api'] }] }, false],
    ['absence of a label', { matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] }, false],
    ['everything', {}, false],
    ['other labels', { matchLabels: { app: 'api' } }, true],
    ['others by expression', { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] }, true],
    ['a label it lacks', { matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, true],
    ['an operator nobody knows', { matchExpressions: [{ key: 'app', operator: 'Like', values: ['w'] }] }, true],
    ['nothing', undefined, true],
  ])('beside one that selects by %s', (_by, selector, made) => {
    const { find } = roll(deployment(), { beside: [manifest('PodDisruptionBudget', 'own', { selector })] });
    expect(find('PodDisruptionBudget') !== undefined).toBe(made);
  });

  it('is left out where the policy says none', () => {
    expect(roll(deployment(), { rollout: { disruptionBudget: 'none' } }).find('PodDisruptionBudget')).toBeUndefined();
  });
});

describe('spread', () => {
  const keys = (result: ReturnType<typeof roll>) =>
    (result.pod.topologySpreadConstraints as { topologyKey: string }[] | undefined)?.map((c) => c.topologyKey);
  it.each([
    ['nodes', ['kubernetes.io/hostname']],
    ['zones', ['topology.kubernetes.io/zone']],
    ['none', undefined],
  ] as const)('across %s', (spread, expected) => {
    expect(keys(roll(deployment(), { rollout: { spread } }))).toEqual(expected);
  });

  it('is soft, per revision, and gives way to constraints of its own', () => {
    expect(roll().pod.topologySpreadConstraints).toEqual([
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: { app: 'web' } },
        matchLabelKeys: ['pod-template-hash'],
      },
    ]);
    expect(keys(roll(deployment({ pod: { topologySpreadConstraints: [{ topologyKey: 'rack' }] } })))).toEqual(['rack']);
  });
});

describe('the service account', () => {
  it('is its own and has no token', () => {
    const { find, pod } = roll();
    expect(find('ServiceAccount')).toMatchObject({
      metadata: { name: 'web', namespace: 'storefront' },
      automountServiceAccountToken: false,
    });
    expect(pod).toMatchObject({ serviceAccountName: 'web', automountServiceAccountToken: false });
  });

  it('is left to a workload that names one', () => {
    const { find, pod } = roll(deployment({ pod: { serviceAccountName: 'robot' } }));
    expect(find('ServiceAccount')).toBeUndefined();
    expect(pod.serviceAccountName).toBe('robot');
    expect(pod.automountServiceAccountToken).toBeUndefined();
  });

  it('is not made twice, and the token stays for who asks', () => {
    const { find, pod } = roll(deployment({ pod: { automountServiceAccountToken: true } }), {
      beside: [manifest('ServiceAccount', 'web')],
    });
    expect(find('ServiceAccount')).toBeUndefined();
    expect(pod).toMatchObject({ serviceAccountName: 'web', automountServiceAccountToken: true });
  });
});

describe('restrictions', () => {
  it('fill what the workload leaves open, init containers included', () => {
    const { pod } = roll(deployment({ pod: { initContainers: [{ name: 'setup', image: 'busybox:1.36' }] } }));
    const restricted = { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } };
    expect(pod.securityContext).toEqual({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(dig(pod, 'containers', '0', 'securityContext')).toEqual(restricted);
    expect(dig(pod, 'initContainers', '0', 'securityContext')).toEqual(restricted);
    expect(dig(pod, 'containers', '0', 'imagePullPolicy')).toBe('IfNotPresent');
  });

  it('leave what it says itself', () => {
    const own = { readOnlyRootFilesystem: false, capabilities: { add: ['NET_BIND_SERVICE'] } };
    const { pod } = roll(
      deployment({ container: { securityContext: own, imagePullPolicy: 'Always' }, pod: { securityContext: { fsGroup: 1 } } }),
    );
    expect(dig(pod, 'containers', '0', 'securityContext')).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: false,
      capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] },
    });
    expect(pod.securityContext).toMatchObject({ fsGroup: 1, runAsNonRoot: true });
    expect(dig(pod, 'containers', '0', 'imagePullPolicy')).toBe('Always');
  });

  it('do not keep from starting who asks for root, and say so', () => {
    const { pod, warnings } = roll(deployment({ pod: { securityContext: { runAsUser: 0 } } }));
    expect(pod.securityContext).toEqual({ runAsUser: 0, seccompProfile: { type: 'RuntimeDefault' } });
    expect(warnings).toEqual([expect.stringContaining('runAsUser 0')]);
  });
});

it('leaves what it was given unchanged', () => {
  const given = deployment({ pod: { initContainers: [{ ...container, readinessProbe }] } });
  const before = structuredClone(given);
  roll(given);
  expect(given).toEqual(before);
});
