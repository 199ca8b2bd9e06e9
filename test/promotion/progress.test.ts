import { describe, expect, it } from 'vitest';
import { WORKLOAD_KINDS, type WorkloadKind } from '../../src/manifest/kinds.js';
import { observeWorkload } from '../../src/promotion/observe.js';
import { at, digest, HOUR, image, MINUTE, NOW, REFERENCE, workload } from './support.js';

const WEB = `ghcr.io/acme/web:1.4.1@${digest('B')}`;

function object(kind: WorkloadKind, spec: object, status: object, generation = 3): unknown {
  const template = { spec: { containers: [{ name: 'web', image: WEB }] } };
  const placed = kind === 'CronJob' ? { jobTemplate: { spec: { template } } } : { template };
  return {
    metadata: {
      name: 'web',
      generation,
      creationTimestamp: at(NOW - 9 * HOUR),
      managedFields: [
        { manager: 'kubectl', time: at(NOW - 3 * HOUR) },
        { manager: 'kube-controller-manager', subresource: 'status', time: at(NOW - MINUTE) },
      ],
    },
    spec: { ...placed, ...spec },
    status,
  };
}

const observe = (kind: WorkloadKind, spec: object, status: object) =>
  observeWorkload(object(kind, spec, status), { ...workload('web', 'A'), kind });

it.each(Object.keys(WORKLOAD_KINDS) as WorkloadKind[])('the images of a %s are those of its template', (kind) => {
  expect(observe(kind, {}, {})).toMatchObject({ images: { [REFERENCE.web]: image('B') }, strange: [] });
});

const three = { observedGeneration: 3, replicas: 3, updatedReplicas: 3, availableReplicas: 3 };

describe('a StatefulSet', () => {
  it.each([
    { when: 'every replica is updated and available', spec: {}, status: {}, rollout: { phase: 'complete', since: NOW - MINUTE } },
    {
      when: 'the controller has not seen the change',
      spec: {},
      status: { observedGeneration: 2 },
      rollout: { phase: 'progressing', why: 'its controller has not seen the change yet' },
    },
    { when: 'there is no status', spec: {}, status: { observedGeneration: undefined }, rollout: { phase: 'progressing' } },
    {
      when: 'a new pod is not ready',
      spec: {},
      status: { updatedReplicas: 1, availableReplicas: 2 },
      rollout: { phase: 'progressing', why: '1 of 3 replicas are updated, and 2 available' },
    },
    {
      when: 'old pods are still to be replaced',
      spec: {},
      status: { updatedReplicas: 1 },
      rollout: { phase: 'progressing', why: '1 of 3 replicas are updated' },
    },
    {
      when: 'it is being scaled down',
      spec: { replicas: 2 },
      status: {},
      rollout: { phase: 'progressing', why: '1 replicas too many are still there' },
    },
    {
      when: 'its partition keeps old pods',
      spec: { updateStrategy: { rollingUpdate: { partition: 2 } } },
      status: { updatedReplicas: 1 },
      rollout: { phase: 'paused', why: '2 of 3 replicas run the version before, as its partition is 2' },
    },
    {
      when: 'pods above its partition are old',
      spec: { updateStrategy: { rollingUpdate: { partition: 1 } } },
      status: { updatedReplicas: 1 },
      rollout: { phase: 'progressing', why: '1 of 3 replicas are updated' },
    },
    {
      when: 'somebody has to delete old pods',
      spec: { updateStrategy: { type: 'OnDelete' } },
      status: { updatedReplicas: 2 },
      rollout: { phase: 'paused', why: '1 of 3 replicas run the version before until somebody deletes them (OnDelete)' },
    },
    {
      when: 'a pod that somebody deleted does not come back',
      spec: { updateStrategy: { type: 'OnDelete' } },
      status: { updatedReplicas: 1, availableReplicas: 2 },
      rollout: { phase: 'progressing' },
    },
  ])('is $rollout.phase when $when', ({ spec, status, rollout }) => {
    expect(observe('StatefulSet', { replicas: 3, ...spec }, { ...three, ...status }).rollout).toMatchObject(rollout);
  });

  it('proves nothing at zero', () => {
    const none = { ...three, replicas: 0, updatedReplicas: 0, availableReplicas: 0 };
    expect(observe('StatefulSet', { replicas: 0 }, none)).toMatchObject({
      rollout: { phase: 'complete' },
      unproven: 'it is scaled to zero',
    });
  });
});

describe('a DaemonSet', () => {
  const all = { observedGeneration: 3, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 };
  it.each([
    { when: 'every pod is updated and available', spec: {}, status: {}, rollout: { phase: 'complete', since: NOW - MINUTE } },
    { when: 'the controller has not seen the change', spec: {}, status: { observedGeneration: 2 }, rollout: { phase: 'progressing' } },
    {
      when: 'a pod is not available',
      spec: {},
      status: { numberAvailable: 1 },
      rollout: { phase: 'progressing', why: '2 of 2 pods are updated, and 1 available' },
    },
    {
      when: 'a pod is old',
      spec: {},
      status: { updatedNumberScheduled: 1 },
      rollout: { phase: 'progressing', why: '1 of 2 pods are updated' },
    },
    {
      when: 'somebody has to delete old pods',
      spec: { updateStrategy: { type: 'OnDelete' } },
      status: { updatedNumberScheduled: 0 },
      rollout: { phase: 'paused', why: '2 of 2 pods run the version before until somebody deletes them (OnDelete)' },
    },
  ])('is $rollout.phase when $when', ({ spec, status, rollout }) => {
    expect(observe('DaemonSet', spec, { ...all, ...status }).rollout).toMatchObject(rollout);
  });

  it('proves nothing where no node takes it', () => {
    const none = { ...all, desiredNumberScheduled: 0, updatedNumberScheduled: 0, numberAvailable: 0 };
    expect(observe('DaemonSet', {}, none)).toMatchObject({ rollout: { phase: 'complete' }, unproven: 'no node takes it' });
  });
});

describe('a CronJob', () => {
  const scheduled = { lastScheduleTime: at(NOW - HOUR) };
  it.each([
    { when: 'it has never run', status: {}, unproven: undefined },
    { when: 'its last run succeeded', status: { ...scheduled, lastSuccessfulTime: at(NOW - 59 * MINUTE) }, unproven: undefined },
    { when: 'its last run failed', status: { ...scheduled, lastSuccessfulTime: at(NOW - 2 * HOUR) }, unproven: 'its last run failed' },
    { when: 'no run ever succeeded', status: scheduled, unproven: 'its last run failed' },
    { when: 'it is at work', status: { ...scheduled, active: [{ name: 'web-1' }] }, unproven: undefined },
  ])('is complete since it was written when $when', ({ status, unproven }) => {
    const seen = observe('CronJob', {}, status);
    expect(seen).toMatchObject({ rollout: { phase: 'complete', since: NOW - 3 * HOUR } });
    expect(seen.unproven).toBe(unproven);
  });
});

describe('an Argo Rollout', () => {
  const progressing = { type: 'Progressing', lastUpdateTime: at(NOW - HOUR) };
  it.each([
    {
      when: 'Healthy',
      status: { observedGeneration: '3', phase: 'Healthy', conditions: [progressing] },
      rollout: { phase: 'complete', since: NOW - MINUTE },
    },
    {
      when: 'Healthy of the generation before',
      status: { observedGeneration: '2', phase: 'Healthy' },
      rollout: { phase: 'progressing', why: 'its controller has not seen the change yet' },
    },
    {
      when: 'Degraded',
      status: { observedGeneration: '3', phase: 'Degraded', message: 'RolloutAborted: metric failed', conditions: [progressing] },
      rollout: { phase: 'stuck', why: 'Argo Rollouts says Degraded: RolloutAborted: metric failed', since: NOW - HOUR },
    },
    {
      when: 'Paused',
      status: { observedGeneration: '3', phase: 'Paused', message: 'CanaryPauseStep' },
      rollout: { phase: 'paused', why: 'Argo Rollouts says Paused: CanaryPauseStep' },
    },
    { when: 'Progressing', status: { observedGeneration: '3', phase: 'Progressing' }, rollout: { phase: 'paused' } },
    { when: 'nothing yet', status: { observedGeneration: '3' }, rollout: { phase: 'paused', why: 'Argo Rollouts says nothing' } },
  ])('is $rollout.phase when it is $when', ({ status, rollout }) => {
    expect(observe('Rollout', {}, status).rollout).toEqual(expect.objectContaining(rollout));
  });
});

describe('a Deployment that gives its pods to a Rollout', () => {
  const referring = (status: object) =>
    observeWorkload(object('Deployment', { replicas: 0 }, {}), { ...workload('web', 'A'), rolledBy: 'web' }, object('Rollout', {}, status));
  const seen = { observedGeneration: '3', workloadObservedGeneration: '3' };

  it.each([
    { when: 'is healthy', status: { ...seen, phase: 'Healthy' }, rollout: { phase: 'complete', since: NOW - MINUTE } },
    { when: 'is aborted', status: { ...seen, phase: 'Degraded' }, rollout: { phase: 'stuck', why: 'Argo Rollouts says Degraded' } },
    {
      when: 'has not seen its change',
      status: { ...seen, workloadObservedGeneration: '2', phase: 'Healthy' },
      rollout: { phase: 'progressing', why: 'its controller has not seen the change yet' },
    },
  ])('is as far as that one: it $when', ({ status, rollout }) => {
    expect(referring(status)).toEqual({ images: { [REFERENCE.web]: image('B') }, strange: [], rollout });
  });

  it('waits for one that is not there', () => {
    const found = observeWorkload(object('Deployment', {}, {}), { ...workload('web', 'A'), rolledBy: 'web' });
    expect(found.rollout).toEqual({ phase: 'progressing', why: 'there is no Rollout that takes its pods from it' });
  });
});
