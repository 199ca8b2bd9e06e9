import { describe, expect, it } from 'vitest';
import { readWorkload } from '../../src/manifest/containers.js';
import type { WorkloadImage, WorkloadSummary } from '../../src/manifest/stage-config.js';
import { scanTargets } from '../../src/manifest/workload.js';
import { deployment } from '../rollout/fixture.js';

const image = (reference: string, container = 'main'): WorkloadImage => ({
  container,
  init: false,
  reference,
  repository: reference.split(':')[0] ?? '',
  tag: '1.4.2',
  digest: 'sha256:abc',
  releasedAt: '2026-11-10T09:00:00Z',
});
const workload = (name: string, ...images: readonly WorkloadImage[]): WorkloadSummary => ({ kind: 'Deployment', name, images });

describe('scan targets', () => {
  it('are the references, once each and sorted, with the workloads that run them', () => {
    const targets = scanTargets([
      workload('worker', image('r/web:1'), image('r/web:1', 'sidecar')),
      workload('api', image('r/api:2'), image('r/web:1')),
    ]);
    expect(targets.map(({ reference, workloads }) => [reference, workloads])).toEqual([
      ['r/api:2', ['api']],
      ['r/web:1', ['api', 'worker']],
    ]);
    expect(targets[0]).toMatchObject({ repository: 'r/api', locked: 'r/api:1.4.2@sha256:abc' });
    expect(targets[0]?.evidence).toMatch(/^patchway-evidence-r-api-[0-9a-f]{8}$/);
  });

  it('do not depend on the order of the workloads', () => {
    const all = [workload('a', image('r/web:1')), workload('b', image('r/api:1')), workload('c', image('r/web:1'))];
    expect(scanTargets(all.toReversed())).toEqual(scanTargets(all));
  });
});

describe('a manifest taken for a workload', () => {
  it('is one with named containers', () => {
    expect(readWorkload(deployment())).toEqual({ workload: deployment() });
  });

  it.each([
    [{ spec: {} }, 'Deployment/web spec.template.spec.containers', 'at least one container'],
    [{ spec: { template: { spec: { containers: [] } } } }, 'Deployment/web spec.template.spec.containers', 'at least one container'],
    [{ spec: { template: { spec: { containers: [{}] } } } }, 'Deployment/web spec.template.spec.containers', 'needs a name'],
    [{ spec: 3 }, 'Deployment/web spec.template.spec.containers', 'at least one container'],
    [
      { spec: { template: { spec: { containers: [{ name: 'a' }], initContainers: 'x' } } } },
      'Deployment/web spec.template.spec.initContainers',
      'init container needs a name',
    ],
    [{ kind: 'Pod' }, 'Pod/web kind', 'not a workload'],
    [{ apiVersion: 'example.org/v1' }, 'Deployment/web kind', 'not a workload'],
  ])('is not %j', (changes, path, message) => {
    expect(readWorkload({ ...deployment(), ...changes })).toEqual({
      problems: [expect.objectContaining({ path, message: expect.stringContaining(message), severity: 'error' })],
    });
  });
});
