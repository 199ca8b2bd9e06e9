import { describe, expect, it } from 'vitest';
import type { WorkloadSummary } from '../../src/manifest/stage-config.js';
import { observeWorkload } from '../../src/promotion/observe.js';
import { at, digest, image, MINUTE, NOW, REFERENCE, workload } from './support.js';

const web = workload('web', 'A');
const WEB = `ghcr.io/acme/web:1.4.1@${digest('B')}`;
const finished = { observedGeneration: 3, replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 };

function deployment(
  changes: { readonly image?: string; readonly spec?: object; readonly status?: object; readonly metadata?: object } = {},
) {
  const containers = [
    { name: 'other', image: 'nginx' },
    { name: 'web', image: changes.image ?? WEB },
  ];
  return {
    metadata: { name: 'web', generation: 3, ...changes.metadata },
    spec: { replicas: 2, template: { spec: { containers } }, ...changes.spec },
    status: { ...finished, ...changes.status },
  };
}

const exceeded = { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', lastUpdateTime: at(NOW) };

describe('a rollout', () => {
  it.each([
    { when: 'every replica is updated and available', given: {}, phase: 'complete' },
    {
      when: 'the controller has not seen the change',
      given: { status: { observedGeneration: 2 } },
      phase: 'progressing',
      why: /has not seen/,
    },
    {
      when: 'replicas are not updated',
      given: { status: { updatedReplicas: 1 } },
      phase: 'progressing',
      why: /1 of 2 replicas are updated/,
    },
    { when: 'old replicas remain', given: { status: { replicas: 3 } }, phase: 'progressing', why: /1 old replicas are still there/ },
    {
      when: 'replicas are not available',
      given: { status: { availableReplicas: 1 } },
      phase: 'progressing',
      why: /1 of 2 replicas are available/,
    },
    { when: 'more are unavailable', given: { status: { unavailableReplicas: 1 } }, phase: 'progressing', why: /available/ },
    {
      when: 'there is no status yet',
      given: { status: { observedGeneration: 3, replicas: 0, updatedReplicas: undefined } },
      phase: 'progressing',
      why: /0 of 2/,
    },
    {
      when: 'the deadline was exceeded',
      given: { status: { updatedReplicas: 1, conditions: [exceeded] } },
      phase: 'stuck',
      why: /no progress within the deadline/,
    },
    { when: 'an exceeded deadline is of the past', given: { status: { conditions: [exceeded] } }, phase: 'complete' },
    { when: 'it is paused', given: { spec: { paused: true } }, phase: 'paused', why: /paused/ },
    {
      when: 'nothing is asked for',
      given: { spec: { replicas: 0 }, status: { replicas: 0, updatedReplicas: 0, availableReplicas: 0 } },
      phase: 'complete',
    },
  ])('is $phase when $when', ({ given, phase, why }) => {
    const { rollout } = observeWorkload(deployment({ ...given, spec: { ...deployment().spec, ...given.spec } }), web);
    expect(rollout.phase).toBe(phase);
    if (why !== undefined) expect(rollout).toMatchObject({ why: expect.stringMatching(why) });
  });

  it.each([
    { what: 'became available', status: { conditions: [{ type: 'Available', lastTransitionTime: at(NOW) }] }, metadata: {} },
    { what: 'finished', status: { conditions: [{ type: 'Progressing', lastUpdateTime: at(NOW) }] }, metadata: {} },
    {
      what: 'lost and regained a pod',
      status: { conditions: [{ type: 'Available', lastTransitionTime: at(NOW - 60 * MINUTE) }] },
      metadata: {
        managedFields: [
          { manager: 'kube-controller-manager', subresource: 'status', time: at(NOW) },
          { manager: 'kubectl', time: at(NOW + MINUTE) },
        ],
      },
    },
  ])('has not changed since it $what', ({ status, metadata }) => {
    expect(observeWorkload(deployment({ status, metadata }), web).rollout).toEqual({ phase: 'complete', since: NOW });
  });

  it('asks for one replica where it names no number', () => {
    const { spec, ...rest } = deployment({ status: { replicas: 1, updatedReplicas: 1, availableReplicas: 1 } });
    expect(observeWorkload({ ...rest, spec: { template: spec.template } }, web).rollout.phase).toBe('complete');
  });

  it('proves nothing where nothing is asked for', () => {
    const none = deployment({ status: { replicas: 0, updatedReplicas: 0, availableReplicas: 0 } });
    expect(observeWorkload({ ...none, spec: { ...none.spec, replicas: 0 } }, web).unproven).toBe('it is scaled to zero');
    expect(observeWorkload(deployment(), web)).not.toHaveProperty('unproven');
  });
});

describe('the images of a workload', () => {
  it('are those of its containers, by reference', () => {
    expect(observeWorkload(deployment(), web)).toMatchObject({ images: { [REFERENCE.web]: image('B') }, strange: [] });
  });

  it.each([
    { written: `ghcr.io/evil/web:1.4.1@${digest('B')}`, says: /not an image of ghcr.io\/acme\/web/ },
    { written: 'ghcr.io/acme/web:1.4.1', says: /without a digest/ },
    { written: 'Not An Image', says: /not an image of/ },
  ])('are strange where one is $written', ({ written, says }) => {
    const { images, strange } = observeWorkload(deployment({ image: written }), web);
    expect(images).toEqual({});
    expect(strange).toEqual([expect.stringMatching(says)]);
  });

  it('are strange where a container is missing', () => {
    const other: WorkloadSummary = { ...web, images: web.images.map((each) => ({ ...each, init: true })) };
    expect(observeWorkload(deployment(), other).strange).toEqual(['there is no container web']);
  });

  it('are strange where two containers run one reference at two digests', () => {
    const both: WorkloadSummary = { ...web, images: [...web.images, ...web.images.map((each) => ({ ...each, container: 'other' }))] };
    const containers = [
      { name: 'web', image: WEB },
      { name: 'other', image: `ghcr.io/acme/web:1.4.2@${digest('C')}` },
    ];
    const { strange } = observeWorkload({ ...deployment(), spec: { replicas: 2, template: { spec: { containers } } } }, both);
    expect(strange).toEqual([expect.stringMatching(/at two digests/)]);
  });
});
