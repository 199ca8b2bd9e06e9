import { describe, expect, it } from 'vitest';
import { dig } from '../../../src/manifest/dig.js';
import type { Manifest } from '../../../src/manifest/manifest.js';
import type { RolloutPolicy, Stage } from '../../../src/policy/policy.js';
import { adopt } from '../../../src/rollout/adopt.js';
import { deployment, lock, manifest, policy, production, rollout } from '../fixture.js';

const service = manifest('Service', 'web', { selector: { app: 'web' }, ports: [{ port: 80 }] });

interface Given {
  readonly strategy?: RolloutPolicy['strategy'];
  readonly replicas?: number;
  readonly stage?: Stage;
  readonly beside?: readonly Manifest[];
}

function adopted({ strategy = 'canary', replicas, stage = production, beside = [service] }: Given = {}) {
  const spec = replicas === undefined ? {} : { replicas };
  const found = adopt({ policy: { ...policy, rollout: { ...rollout, strategy } }, stage, lock, manifest: deployment({ spec }), beside });
  if (found === undefined) throw new Error('it bears no pods');
  return { ...found, paths: found.edits.map(({ path }) => path.join('.')) };
}

const added = (given?: Given) => adopted(given).additions.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
const told = (given?: Given) => adopted(given).problems.map(({ path, severity }) => `${severity} ${path}`);

describe('a Deployment that is handed over', () => {
  it('stays, and a Rollout takes its pods from it', () => {
    const { workload, additions, coverage } = adopted();
    expect(coverage).toEqual({ state: 'covered' });
    expect(workload).toMatchObject({ kind: 'Deployment', name: 'web', rolledBy: 'web' });
    expect(added()).toEqual(['PodDisruptionBudget/web', 'Service/web-preview', 'Rollout/web']);
    expect(additions[2]?.metadata).toEqual({
      name: 'web',
      labels: { 'patchway.dev/policy': 'storefront', 'patchway.dev/stage': 'production' },
    });
    expect(dig(additions[2]?.spec, 'workloadRef', 'name')).toBe('web');
  });

  it('gets the same fields as any other', () => {
    expect(adopted().paths).toEqual(adopted({ strategy: 'rolling' }).paths);
    expect(adopted({ strategy: 'rolling' }).workload).not.toHaveProperty('rolledBy');
  });

  it('has no number of replicas written: it is the Rollout that has them', () => {
    const given = { replicas: 2, stage: { ...production, replicas: 4 } };
    expect(adopted({ ...given, strategy: 'rolling' }).paths).toContain('spec.replicas');
    expect(adopted(given).paths).not.toContain('spec.replicas');
    expect(dig(adopted(given).additions[2]?.spec, 'replicas')).toBe(4);
  });

  it.each([
    ['with replicas of its own', { replicas: 3 }, ['warning Deployment/web spec.replicas']],
    ['with 0 replicas, though the stage has more', { replicas: 0, stage: { ...production, replicas: 4 } }, []],
    ['without a number', {}, []],
    ['whose Service is switched', { strategy: 'blueGreen' }, ['warning Service/web spec.selector']],
    ['that blue-green has no Service for', { strategy: 'blueGreen', beside: [] }, ['warning Deployment/web']],
  ] as const)('is warned of: %s', (_, given, expected) => {
    expect(told(given)).toEqual(expected);
  });

  it('keeps the Rollout that it has, whatever the strategy', () => {
    const beside = [service, manifest('Rollout', 'web-canary', { workloadRef: { kind: 'Deployment', name: 'web' } })];
    for (const strategy of ['canary', 'rolling'] as const) {
      const given = { strategy, beside, stage: { ...production, replicas: 4 } };
      expect(adopted(given).workload).toMatchObject({ kind: 'Deployment', rolledBy: 'web-canary' });
      expect(added(given)).toEqual(['PodDisruptionBudget/web']);
      expect(adopted(given).paths).not.toContain('spec.replicas');
    }
  });

  it('is none where an autoscaler would lose its pods', () => {
    const scaler = manifest('HorizontalPodAutoscaler', 'web', { scaleTargetRef: { kind: 'Deployment', name: 'web' } });
    expect(told({ beside: [service, scaler] })).toEqual(['error HorizontalPodAutoscaler/web spec.scaleTargetRef']);
    expect(added({ beside: [service, scaler] })).toEqual(['PodDisruptionBudget/web']);
  });
});
