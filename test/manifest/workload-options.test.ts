import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../src/manifest/manifest.js';
import { workloadOptions } from '../../src/manifest/workload-options.js';
import { workloadManifests } from '../../src/rollout/deployment.js';

const annotated = (annotations: unknown): Manifest => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', annotations: annotations as Readonly<Record<string, string>> },
});
const ALL = {
  'patchway.dev/remedy': 'rebuild',
  'patchway.dev/base': 'alpine:3.19',
  'patchway.dev/rebuild-webhook': 'build-web',
};

describe('what a workload says of itself', () => {
  it('is read from its annotations', () => {
    expect(workloadOptions(annotated(ALL))).toEqual({
      options: { remedy: 'rebuild', base: 'alpine:3.19', rebuildWebhook: 'build-web' },
      problems: [],
    });
  });

  it.each([undefined, null, {}, 'x', []])('is nothing with annotations %j', (annotations) => {
    expect(workloadOptions(annotated(annotations))).toEqual({ options: {}, problems: [] });
  });

  it.each([
    ['0', 0],
    ['12', 12],
  ])('has an order: %j', (order, expected) => {
    expect(workloadOptions(annotated({ 'patchway.dev/order': order }))).toEqual({ options: { order: expected }, problems: [] });
  });

  it.each(['first', '-1', '1.5', '', '12345', 1])('has no order %j', (order) => {
    const { options, problems } = workloadOptions(annotated({ 'patchway.dev/order': order }));
    expect(options).toEqual({});
    expect(problems).toMatchObject([{ path: 'Deployment/web metadata.annotations["patchway.dev/order"]', severity: 'error' }]);
  });

  it('is written as annotations by the workload’s author', () => {
    const options = {
      remedy: 'copa',
      base: 'alpine:3.19',
      buildkit: 'tcp://buildkitd.build:1234',
      pushSecret: 'push',
      order: 3,
    } as const;
    const { deployment } = workloadManifests({ name: 'web', image: 'web:1', readiness: { http: '/' }, ...options });
    expect(deployment.metadata.annotations).toEqual({
      'patchway.dev/remedy': 'copa',
      'patchway.dev/base': 'alpine:3.19',
      'patchway.dev/buildkit': 'tcp://buildkitd.build:1234',
      'patchway.dev/push-secret': 'push',
      'patchway.dev/order': '3',
    });
    expect(workloadOptions(deployment)).toEqual({ options, problems: [] });
  });

  it('is no annotation where the author says nothing', () => {
    expect(workloadManifests({ name: 'web', image: 'web:1', readiness: { http: '/' } }).deployment.metadata).not.toHaveProperty(
      'annotations',
    );
  });

  it.each([
    [{ 'patchway.dev/remedy': 'rebiuld' }, 'remedy', 'Use one of update, rebuild, copa.'],
    [{ 'patchway.dev/remedy': 3 }, 'remedy', 'Use one of update, rebuild, copa.'],
    [{ ...ALL, 'patchway.dev/rebuild-webhook': 'https://ci.example/build?token=x' }, 'rebuild-webhook', 'Write the name of a Secret.'],
    [{ ...ALL, 'patchway.dev/rebuild-webhook': '../x' }, 'rebuild-webhook', 'Write the name of a Secret.'],
    [{ ...ALL, 'patchway.dev/rebuild-webhook': '' }, 'rebuild-webhook', 'Write the name of a Secret.'],
    [{ 'patchway.dev/remedy': 'copa', 'patchway.dev/buildkit': 'buildkitd:1234' }, 'buildkit', 'tcp://buildkitd.build:1234'],
    [{ 'patchway.dev/remedy': 'copa', 'patchway.dev/buildkit': 'unix:///run/buildkit' }, 'buildkit', 'tcp://buildkitd.build:1234'],
    [{ 'patchway.dev/remedy': 'copa', 'patchway.dev/push-secret': 'A B' }, 'push-secret', 'Write the name of a Secret'],
  ])('is an error where it cannot be meant: %j', (annotations, name, hint) => {
    expect(workloadOptions(annotated(annotations)).problems).toEqual([
      expect.objectContaining({
        path: `Deployment/web metadata.annotations["patchway.dev/${name}"]`,
        severity: 'error',
        hint: expect.stringContaining(hint),
      }),
    ]);
  });

  it.each([
    [{ 'patchway.dev/rebuild-webhook': 'build-web' }, 'patchway.dev/remedy: rebuild'],
    [{ 'patchway.dev/remedy': 'update', 'patchway.dev/buildkit': 'tcp://b:1' }, 'patchway.dev/remedy: copa'],
    [{ 'patchway.dev/remedy': 'rebuild', 'patchway.dev/push-secret': 'push' }, 'patchway.dev/remedy: copa'],
  ])('is a warning where it does nothing: %j', (annotations, needed) => {
    expect(workloadOptions(annotated(annotations)).problems).toEqual([
      expect.objectContaining({ severity: 'warning', message: `This does nothing without ${needed}.` }),
    ]);
  });
});
