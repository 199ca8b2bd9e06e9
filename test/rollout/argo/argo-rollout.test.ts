import { describe, expect, it } from 'vitest';
import { dig } from '../../../src/manifest/dig.js';
import type { Manifest } from '../../../src/manifest/manifest.js';
import type { RolloutPolicy, Stage } from '../../../src/policy/policy.js';
import { argoRollout } from '../../../src/rollout/argo/argo-rollout.js';
import { surroundingsOf } from '../../../src/rollout/surroundings.js';
import { deployment, manifest, policy, production, rollout } from '../fixture.js';

const service = (name: string, selector: Readonly<Record<string, string>> = { app: 'web' }): Manifest => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'storefront' },
  spec: { selector, ports: [{ port: 80, targetPort: 8080 }] },
});

const scaler = (kind: string) => manifest('HorizontalPodAutoscaler', 'web', { scaleTargetRef: { kind, name: 'web' } });

const verified: Stage = { ...production, verify: [{ kind: 'http', url: 'http://web', status: 200 }] };

interface Given {
  readonly strategy?: RolloutPolicy['strategy'];
  readonly stage?: Stage;
  readonly beside?: readonly Manifest[];
  readonly workload?: Manifest;
  readonly byReference?: boolean;
  readonly autoRollback?: boolean;
}

const web = deployment({
  spec: {
    replicas: 3,
    minReadySeconds: 10,
    progressDeadlineSeconds: 600,
    revisionHistoryLimit: 5,
    selector: { matchLabels: { app: 'web' } },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 2 } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [{ name: 'web', image: 'web@sha256:abc' }],
        topologySpreadConstraints: [{ topologyKey: 'kubernetes.io/hostname', matchLabelKeys: ['pod-template-hash'] }, { maxSkew: 2 }],
      },
    },
  },
});

const argo = ({
  strategy = 'canary',
  stage = production,
  beside = [service('web')],
  workload = web,
  byReference = false,
  autoRollback = true,
}: Given = {}) =>
  argoRollout({
    policy: { ...policy, rollout: { ...rollout, strategy, autoRollback } },
    stage,
    workload,
    around: surroundingsOf(beside, 'storefront'),
    byReference,
  });

const specOf = (given?: Given) => argo(given).rollout?.spec;

/** The Deployment with some of its fields changed. */
const changed = (spec: Readonly<Record<string, unknown>>) => ({ ...web, spec: { ...web.spec, ...spec } });

describe('a Rollout', () => {
  it('has the numbers of the Deployment whose place it takes, and none of its strategy', () => {
    expect(argo().rollout).toMatchObject({ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata: web.metadata });
    expect(specOf()).toMatchObject({
      replicas: 3,
      minReadySeconds: 10,
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 5,
      progressDeadlineAbort: true,
      selector: { matchLabels: { app: 'web' } },
    });
    expect(dig(specOf(), 'strategy', 'type')).toBeUndefined();
  });

  it('says what its controller would otherwise write into it, and own', () => {
    expect(dig(specOf(), 'template', 'spec', 'containers')).toEqual([{ name: 'web', image: 'web@sha256:abc', resources: {} }]);
    const resources = { requests: { cpu: '10m' } };
    const template = { spec: { containers: [{ name: 'web', resources }], initContainers: [{ name: 'init' }] } };
    expect(specOf({ workload: changed({ template }) })).toMatchObject({
      template: { spec: { containers: [{ name: 'web', resources }], initContainers: [{ name: 'init', resources: {} }] } },
    });
  });

  it('spreads by its own label for revisions', () => {
    expect(dig(specOf(), 'template', 'spec', 'topologySpreadConstraints')).toEqual([
      { topologyKey: 'kubernetes.io/hostname', matchLabelKeys: ['rollouts-pod-template-hash'] },
      { maxSkew: 2 },
    ]);
  });

  it('refers to a Deployment that stays', () => {
    const spec = specOf({ byReference: true });
    expect(spec).toMatchObject({ workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', scaleDown: 'onsuccess' } });
    expect(spec).not.toHaveProperty('template');
    expect(spec).not.toHaveProperty('selector');
  });

  it.each([
    ['its own', 3, undefined, [], 3],
    ["the stage's", 3, 5, [], 5],
    ["the stage's, where the Deployment was scaled down", 0, 5, [], 5],
    ["Kubernetes' where nobody says any", undefined, undefined, [], 1],
    ['none where the Deployment is switched off', 0, undefined, [], 0],
    ['as an autoscaler says', 3, 5, [scaler('Rollout')], undefined],
  ])('that a Deployment is handed over to has as many replicas as it should: %s', (_, own, stages, beside, expected) => {
    const stage = stages === undefined ? production : { ...production, replicas: stages };
    expect(dig(specOf({ byReference: true, workload: changed({ replicas: own }), stage, beside }), 'replicas')).toBe(expected);
  });

  it('does not abort by itself where nothing is to be put back', () => {
    expect(specOf({ autoRollback: false })).toMatchObject({ progressDeadlineAbort: false });
  });
});

describe('no Rollout', () => {
  const none = { services: [], problems: [] };

  it.each([
    ['where pods are rolled one by one', { strategy: 'rolling' }],
    ['for another kind', { workload: { ...web, kind: 'StatefulSet' } }],
    ['for a Deployment whose versions must not meet', { workload: changed({ strategy: { type: 'Recreate' } }) }],
    [
      'where one refers to the Deployment already',
      { beside: [manifest('Rollout', 'mine', { workloadRef: { kind: 'Deployment', name: 'web' } })] },
    ],
  ] as const)('%s', (_, given) => {
    expect(argo(given)).toEqual(none);
  });

  it('beside an autoscaler that would find no pods', () => {
    expect(argo({ beside: [scaler('Deployment')] })).toEqual({
      services: [],
      problems: [
        expect.objectContaining({
          path: 'HorizontalPodAutoscaler/web spec.scaleTargetRef',
          hint: 'Point it at the Rollout: {apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: web}.',
          severity: 'error',
        }),
      ],
    });
  });
});

describe('a canary', () => {
  it('pauses at each share of the replicas', () => {
    expect(dig(specOf(), 'strategy', 'canary')).toEqual({
      maxUnavailable: 0,
      maxSurge: 2,
      canaryService: 'web-preview',
      steps: [{ setWeight: 20 }, { pause: { duration: '10s' } }, { setWeight: 50 }, { pause: { duration: '10s' } }],
    });
  });

  it('is verified at each, where the stage says how', () => {
    const analysis = { templates: [{ templateName: 'patchway-verify-production' }], analysisRunMetadata: {} };
    expect(dig(specOf({ stage: verified }), 'strategy', 'canary', 'steps')).toEqual([
      { setWeight: 20 },
      { analysis },
      { setWeight: 50 },
      { analysis },
    ]);
  });
});

describe('the Service of a version that is not live', () => {
  it('has no selector: Argo Rollouts writes it', () => {
    expect(argo().services).toEqual([
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web-preview', namespace: 'storefront' },
        spec: { ports: [{ port: 80, targetPort: 8080 }] },
      },
    ]);
  });

  it.each([
    ['no', []],
    ['more than one', [service('a'), service('b')]],
  ])('is none for a canary with %s Service', (_, beside) => {
    const { rollout: made, services } = argo({ beside });
    expect(services).toEqual([]);
    expect(dig(made?.spec, 'strategy', 'canary', 'canaryService')).toBeUndefined();
  });
});

describe('blue-green', () => {
  const given = { strategy: 'blueGreen' } as const;

  it('switches the Service that selects the pods, and shows the new version behind one of its own', () => {
    const { rollout: made, services, active } = argo({ ...given, beside: [service('other', { app: 'db' }), service('web')] });
    expect(active).toEqual(service('web'));
    expect(services.map(({ metadata }) => metadata.name)).toEqual(['web-preview']);
    expect(dig(made?.spec, 'strategy')).toEqual({
      blueGreen: { activeService: 'web', previewService: 'web-preview', autoPromotionEnabled: true, scaleDownDelaySeconds: 30 },
    });
  });

  it('verifies before it switches', () => {
    expect(dig(specOf({ ...given, stage: verified }), 'strategy', 'blueGreen', 'prePromotionAnalysis')).toEqual({
      templates: [{ templateName: 'patchway-verify-production' }],
      analysisRunMetadata: {},
    });
  });

  const volumes = [{ persistentVolumeClaim: { claimName: 'data' } }];
  const claimed = changed({ template: { ...web.spec.template, spec: { ...web.spec.template.spec, volumes } } });
  const claim = manifest('PersistentVolumeClaim', 'data', { accessModes: ['ReadWriteOnce'] });

  it.each([
    ['without a Service', web, [], 'warning', 'No Service selects its pods, and blue-green switches one. So it stays a Deployment'],
    [
      'with a volume for one',
      claimed,
      [service('web'), claim],
      'warning',
      'mount the claim data, which one node or one pod may mount at a time',
    ],
    ['with two Services', web, [service('a'), service('b')], 'error', 'a and b select its pods'],
  ])('is not possible %s', (_, workload, beside, severity, message) => {
    const { rollout: made, problems } = argo({ ...given, workload, beside });
    expect(made).toBeUndefined();
    expect(problems).toEqual([expect.objectContaining({ severity, message: expect.stringContaining(message) })]);
  });
});
