import { describe, expect, it } from 'vitest';
import { applyEdits } from '../../src/manifest/edit.js';
import type { Manifest } from '../../src/manifest/manifest.js';
import { parsePolicy } from '../../src/policy/parse.js';
import type { RolloutPolicy } from '../../src/policy/policy.js';
import { adopt } from '../../src/rollout/adopt.js';
import { storefront } from '../policy/storefront.js';
import { deployment, lock, policy, production, rollout } from './fixture.js';

function settle(given: Manifest, changes: Partial<RolloutPolicy> = {}) {
  const input = { policy: { ...policy, rollout: { ...rollout, ...changes } }, stage: production, lock, beside: [] };
  const first = adopt({ ...input, manifest: given });
  const after = applyEdits(given, first?.edits ?? []);
  return {
    spec: after.spec as Record<string, unknown>,
    told: first?.problems.map(({ severity, path, message }) => `${severity} ${path.replace(/^.* /, '')} ${message}`) ?? [],
    again: adopt({ ...input, manifest: after })?.edits,
  };
}

const dug = (spec: Record<string, unknown>, strategy: string) =>
  (spec[strategy] as { rollingUpdate: { maxUnavailable: unknown; maxSurge: unknown } }).rollingUpdate;

describe('the pace of a Deployment', () => {
  it.each([
    // replicas, its own pace, the policy's, what holds, fields that are told of
    [4, {}, [0, '25%'], [0, '25%'], []],
    [4, { maxUnavailable: '25%', maxSurge: '25%' }, [1, 2], [1, 2], []],
    [4, { maxUnavailable: 2 }, [0, '25%'], [0, '25%'], ['maxUnavailable']],
    [4, { maxUnavailable: 1 }, [2, '25%'], [1, '25%'], ['maxUnavailable']],
    [4, { maxSurge: 3 }, [0, '25%'], [0, '25%'], ['maxSurge']],
    [12, { maxSurge: 2 }, [0, '25%'], [0, 2], ['maxSurge']],
    [4, { maxSurge: 1 }, [0, '25%'], [0, 1], ['maxSurge']],
    [4, { maxSurge: '100%' }, [0, '50%'], [0, '50%'], ['maxSurge']],
    [3, { maxUnavailable: '50%' }, [2, 1], ['50%', 1], ['maxUnavailable']],
    [3, { maxUnavailable: '50%' }, [1, 1], ['50%', 1], ['maxUnavailable']],
    // Nothing could roll: the one who does not surge decides.
    [4, { maxUnavailable: 1, maxSurge: 0 }, [0, '25%'], [1, 0], ['maxUnavailable', 'maxSurge']],
    [4, { maxSurge: 0 }, [0, '25%'], [1, 0], ['maxUnavailable', 'maxSurge']],
    [4, { maxUnavailable: 0 }, [1, 0], [1, 0], ['maxUnavailable']],
    [4, { maxUnavailable: 0, maxSurge: 0 }, [0, '25%'], [0, '25%'], ['maxUnavailable', 'maxSurge']],
    [4, { maxUnavailable: 'many', maxSurge: -1 }, [0, '25%'], [0, '25%'], []],
  ] as const)('of %s replicas with %j under %j is %j', (replicas, own, [maxUnavailable, maxSurge], expected, told) => {
    const given = deployment({ spec: { replicas, strategy: { rollingUpdate: own } } });
    const settled = settle(given, { maxUnavailable, maxSurge });
    const pace = dug(settled.spec, 'strategy');
    expect([pace.maxUnavailable, pace.maxSurge]).toEqual(expected);
    expect(settled.told.map((line) => line.split(' ')[1]?.split('.').at(-1))).toEqual(told);
    expect(settled.again).toEqual([]);
  });

  it('says what holds, and why', () => {
    expect(settle(deployment({ spec: { replicas: 4, strategy: { rollingUpdate: { maxSurge: 3 } } } })).told).toEqual([
      'warning spec.strategy.rollingUpdate.maxSurge It sets maxSurge 3, and the policy 25% (rollout.maxSurge). The stricter holds: 25%.',
    ]);
    expect(settle(deployment({ spec: { strategy: { rollingUpdate: { maxSurge: 0 } } } })).told).toEqual([
      'warning spec.strategy.rollingUpdate.maxUnavailable With maxUnavailable 0 and maxSurge 0 nothing could roll: 1 at a time may be missing.',
      'warning spec.strategy.rollingUpdate.maxSurge It sets maxSurge 0, and the policy 25% (rollout.maxSurge). The stricter holds: 0.',
    ]);
  });
});

describe('the pace of a DaemonSet', () => {
  const daemons = (rollingUpdate: object): Manifest => ({
    ...deployment({ spec: { updateStrategy: { rollingUpdate } } }),
    kind: 'DaemonSet',
  });
  it.each([
    [{}, [0, '25%'], [0, '25%'], []],
    [{ maxUnavailable: 1, maxSurge: 0 }, [0, '25%'], [0, '25%'], []],
    [{ maxUnavailable: '10%' }, [0, '25%'], [0, '25%'], ['maxUnavailable']],
    [{ maxUnavailable: 0, maxSurge: 1 }, [0, 2], [0, 1], ['maxSurge']],
    // It has either: a surge where there may be one.
    [{}, [1, '25%'], [0, '25%'], []],
    [{}, [2, 0], [2, 0], []],
    [{ maxUnavailable: 0, maxSurge: 1 }, [2, 0], [2, 0], ['maxUnavailable', 'maxSurge']],
  ] as const)('with %j under %j is %j', (own, [maxUnavailable, maxSurge], expected, told) => {
    const settled = settle(daemons(own), { maxUnavailable, maxSurge });
    const pace = dug(settled.spec, 'updateStrategy');
    expect([pace.maxUnavailable, pace.maxSurge]).toEqual(expected);
    expect(settled.told.map((line) => line.split(' ')[1]?.split('.').at(-1))).toEqual(told);
    expect(settled.again).toEqual([]);
  });
});

describe('the pace of a StatefulSet', () => {
  it.each([
    // What it says, the policy's, what holds.
    [undefined, 3, undefined],
    [1, 0, 1],
    [3, 0, 1],
    [3, 2, 2],
    [2, 3, 2],
    ['50%', '25%', '25%'],
    ['10%', 2, '10%'],
  ] as const)('with %s under %s is %s', (own, maxUnavailable, expected) => {
    const rollingUpdate = { partition: 1, ...(own === undefined ? {} : { maxUnavailable: own }) };
    const given: Manifest = { ...deployment({ spec: { replicas: 4, updateStrategy: { rollingUpdate } } }), kind: 'StatefulSet' };
    const { spec, told, again } = settle(given, { maxUnavailable });
    expect(dug(spec, 'updateStrategy')).toEqual({ partition: 1, ...(expected === undefined ? {} : { maxUnavailable: expected }) });
    expect(told).toHaveLength(own === undefined || own === 1 ? 0 : 1);
    expect(again).toEqual([]);
  });
});

describe('numbers that both set', () => {
  it.each([
    ['minReadySeconds', 0, 10, false],
    ['minReadySeconds', 5, 10, true],
    ['minReadySeconds', 30, 30, true],
    ['progressDeadlineSeconds', 600, 300, false],
    ['progressDeadlineSeconds', 120, 120, true],
    ['progressDeadlineSeconds', 1800, 300, true],
    ['revisionHistoryLimit', 10, 5, false],
    ['revisionHistoryLimit', 2, 5, true],
    ['revisionHistoryLimit', 20, 20, true],
    ['revisionHistoryLimit', 'many', 5, false],
  ])('%s %s becomes %s', (field, own, expected, told) => {
    const { spec, told: problems, again } = settle(deployment({ spec: { [field]: own } }), { progressDeadline: 300_000 });
    expect(spec[field]).toBe(expected);
    expect(problems.length > 0).toBe(told);
    expect(again).toEqual([]);
  });

  it('leave the deadline after the pods count', () => {
    const { spec, told, again } = settle(deployment({ spec: { minReadySeconds: 700 } }));
    expect(spec).toMatchObject({ minReadySeconds: 700, progressDeadlineSeconds: 1300 });
    expect(told.at(-1)).toBe(
      'warning spec.progressDeadlineSeconds Its pods count only after 700 s (minReadySeconds), when a deadline of 600 s has passed: 1300 s hold (rollout.progressDeadline).',
    );
    expect(again).toEqual([]);
    expect(settle(deployment({ spec: { minReadySeconds: 700, progressDeadlineSeconds: 900 } })).spec.progressDeadlineSeconds).toBe(900);
  });
});

describe('a policy that lets no conflict pass', () => {
  it.each([
    [undefined, undefined],
    ['stricter', undefined],
    ['fail', 'fail'],
  ] as const)('says so: %s', (onConflict, expected) => {
    const { policy: parsed } = parsePolicy(storefront({ rollout: onConflict === undefined ? {} : { onConflict } }));
    expect(parsed?.rollout.onConflict).toBe(expected);
  });

  it('is refused where it says something else', () => {
    const { problems } = parsePolicy(storefront({ rollout: { onConflict: 'policy' as 'fail' } }));
    expect(problems.map(({ path, received }) => [path, received])).toEqual([['rollout.onConflict', "'policy'"]]);
  });

  it('makes each an error, and leaves what was set', () => {
    const own = { minReadySeconds: 5, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3 } } };
    const { spec, told } = settle(deployment({ spec: own }), { onConflict: 'fail' });
    expect(spec).toMatchObject(own);
    expect(told).toEqual([
      'error spec.strategy.rollingUpdate.maxSurge It sets maxSurge 3, and the policy 25% (rollout.maxSurge). The policy lets neither win (rollout.onConflict: fail).',
      'error spec.minReadySeconds It sets minReadySeconds 5, and the policy 10 (rollout.minReady). The policy lets neither win (rollout.onConflict: fail).',
    ]);
    expect(settle(deployment({ spec: { minReadySeconds: 10 } }), { onConflict: 'fail' }).told).toEqual([]);
  });
});
