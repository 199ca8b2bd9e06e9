import { describe, expect, it } from 'vitest';
import { dig } from '../../../src/manifest/dig.js';
import type { Manifest } from '../../../src/manifest/manifest.js';
import type { RolloutPolicy, Stage } from '../../../src/policy/policy.js';
import { argoRollout } from '../../../src/rollout/argo/argo-rollout.js';
import { deployment, policy, production, rollout } from '../fixture.js';

const service = (name: string, selector: Readonly<Record<string, string>> = { app: 'web' }): Manifest => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'storefront' },
  spec: { selector, ports: [{ port: 80, targetPort: 8080 }] },
});

const verified: Stage = { ...production, verify: [{ kind: 'http', url: 'http://web', status: 200 }] };

interface Given {
  readonly strategy?: RolloutPolicy['strategy'];
  readonly stage?: Stage;
  readonly services?: readonly Manifest[];
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
    strategy: { type: 'RollingUpdate' },
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
  services = [service('web')],
  byReference = false,
  autoRollback = true,
}: Given = {}) =>
  argoRollout({
    policy: { ...policy, rollout: { ...rollout, strategy, autoRollback } },
    stage,
    deployment: web,
    services,
    byReference,
  });

const specOf = (given?: Given) => argo(given).manifests[0]?.spec;

describe('a Rollout', () => {
  it('has the numbers of the Deployment whose place it takes, and none of its strategy', () => {
    expect(argo().manifests).toHaveLength(1);
    expect(argo().manifests[0]).toMatchObject({ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata: web.metadata });
    expect(specOf()).toMatchObject({
      replicas: 3,
      minReadySeconds: 10,
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 5,
      progressDeadlineAbort: true,
      selector: { matchLabels: { app: 'web' } },
    });
    expect(dig(specOf(), 'template', 'spec', 'containers')).toEqual(web.spec.template.spec.containers);
    expect(dig(specOf(), 'strategy', 'type')).toBeUndefined();
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

  it('does not abort by itself where nothing is to be put back', () => {
    expect(specOf({ autoRollback: false })).toMatchObject({ progressDeadlineAbort: false });
  });
});

describe('a canary', () => {
  it('pauses at each share of the replicas', () => {
    expect(dig(specOf(), 'strategy', 'canary')).toEqual({
      maxUnavailable: 0,
      maxSurge: '25%',
      steps: [{ setWeight: 20 }, { pause: { duration: '10s' } }, { setWeight: 50 }, { pause: { duration: '10s' } }],
    });
  });

  it('is verified at each, where the stage says how', () => {
    const analysis = { templates: [{ templateName: 'patchway-verify-production' }] };
    expect(dig(specOf({ stage: verified }), 'strategy', 'canary', 'steps')).toEqual([
      { setWeight: 20 },
      { analysis },
      { setWeight: 50 },
      { analysis },
    ]);
  });
});

describe('blue-green', () => {
  const given = { strategy: 'blueGreen' } as const;

  it('switches the Service that selects the pods, and shows the new version behind one of its own', () => {
    const { manifests } = argo({ ...given, services: [service('other', { app: 'db' }), service('web')] });
    expect(dig(manifests[0]?.spec, 'strategy')).toEqual({
      blueGreen: { activeService: 'web', previewService: 'web-preview', autoPromotionEnabled: true, scaleDownDelaySeconds: 30 },
    });
    expect(manifests[1]).toEqual({ ...service('web'), metadata: { name: 'web-preview', namespace: 'storefront' } });
  });

  it('verifies before it switches', () => {
    expect(dig(specOf({ ...given, stage: verified }), 'strategy', 'blueGreen', 'prePromotionAnalysis')).toEqual({
      templates: [{ templateName: 'patchway-verify-production' }],
    });
  });

  it.each([
    ['no Service', [], 'no Service selects its pods'],
    ['two Services', [service('a'), service('b')], 'a and b select its pods'],
  ])('needs one Service, and has %s', (_, services, message) => {
    const { manifests, problems } = argo({ ...given, services });
    expect(manifests).toEqual([]);
    expect(problems).toEqual([expect.objectContaining({ severity: 'error', message: expect.stringContaining(message) })]);
  });
});
