import { describe, expect, it } from 'vitest';
import { containersOf } from '../../src/manifest/containers.js';
import { templatePathOf, workloadKindOf, workloadPath } from '../../src/manifest/kinds.js';

describe('the kind of a workload', () => {
  it.each([
    ['apps/v1', 'Deployment', 'Deployment'],
    ['apps/v1beta2', 'StatefulSet', 'StatefulSet'],
    ['batch/v1', 'CronJob', 'CronJob'],
    ['argoproj.io/v1alpha1', 'Rollout', 'Rollout'],
    ['example.org/v1', 'Deployment', undefined],
    ['batch/v1', 'Job', undefined],
    ['v1', 'toString', undefined],
  ])('of %s %s is %s', (apiVersion, kind, expected) => {
    expect(workloadKindOf({ apiVersion, kind })).toBe(expected);
  });

  it('says where the API has it', () => {
    expect(workloadPath('CronJob', 'shop', 'report')).toBe('/apis/batch/v1/namespaces/shop/cronjobs/report');
  });
});

describe('the pod template', () => {
  it.each([
    ['apps/v1', 'DaemonSet', 'spec.template'],
    ['batch/v1', 'CronJob', 'spec.jobTemplate.spec.template'],
    ['v1', 'Pod', ''],
    ['v1', 'PodTemplate', 'template'],
  ])('of %s %s is at %s', (apiVersion, kind, expected) => {
    expect(templatePathOf({ apiVersion, kind })?.join('.')).toBe(expected);
  });

  it.each([
    ['v1', 'Service'],
    ['example.org/v1', 'Pod'],
    ['v1', 'constructor'],
  ])('is nowhere in %s %s', (apiVersion, kind) => {
    expect(templatePathOf({ apiVersion, kind })).toBeUndefined();
  });
});

describe('containers', () => {
  const cronJob = (spec: unknown) => ({
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'report' },
    spec: { jobTemplate: { spec: { template: { spec } } } },
  });

  it('are found with their places, init containers first', () => {
    expect(containersOf(cronJob({ containers: [{ name: 'a' }], initContainers: [{ name: 'b' }] }))).toEqual([
      {
        container: { name: 'b' },
        init: true,
        at: ['spec', 'jobTemplate', 'spec', 'template', 'spec', 'initContainers', 0],
        path: 'CronJob/report spec.jobTemplate.spec.template.spec.initContainers[0]',
      },
      expect.objectContaining({ container: { name: 'a' }, init: false }),
    ]);
  });

  it.each([undefined, null, 3, { containers: null }, { containers: [] }, { containers: [null, 3, []] }])('are none in %j', (spec) => {
    expect(containersOf(cronJob(spec))).toEqual([]);
  });
});
