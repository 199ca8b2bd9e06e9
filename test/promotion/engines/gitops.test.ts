import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../../src/manifest/manifest.js';
import { gitOpsProblems } from '../../../src/promotion/engines/gitops.js';
import { policy, production, staging } from '../../rules/storefront.js';

const deployment = (metadata: Partial<Manifest['metadata']> = {}): Manifest => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'storefront', ...metadata },
});

describe('a namespace that a GitOps controller reconciles', () => {
  it.each<[string, Partial<Manifest['metadata']>]>([
    ['Argo CD', { labels: { 'argocd.argoproj.io/instance': 'shop' } }],
    ['Argo CD', { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:storefront/web' } }],
    ['Flux', { labels: { 'kustomize.toolkit.fluxcd.io/name': 'shop' } }],
    ['Flux', { labels: { 'helm.toolkit.fluxcd.io/name': 'shop' } }],
  ])('is told, once, with the engines that leave it to %s', (controller, metadata) => {
    const found = gitOpsProblems(policy, production, [deployment(), deployment(metadata), deployment(metadata)]);
    expect(found).toEqual([
      {
        path: 'Deployment/web',
        severity: 'warning',
        message: expect.stringMatching(new RegExp(`^${controller} owns this .*would undo the other's work in stage production`)),
        hint: 'Set promotion.engine to github-actions or gitlab-ci, which move the lock in git.',
      },
    ]);
  });

  it.each<[string, ReturnType<typeof gitOpsProblems>]>([
    ['without such marks', gitOpsProblems(policy, production, [deployment({ labels: { 'app.kubernetes.io/instance': 'shop' } })])],
    ['of a first stage', gitOpsProblems(policy, staging, [deployment({ labels: { 'argocd.argoproj.io/instance': 'shop' } })])],
    [
      'promoted by a forge',
      gitOpsProblems({ ...policy, promotion: { ...policy.promotion, engine: 'gitlab-ci' } }, production, [
        deployment({ labels: { 'argocd.argoproj.io/instance': 'shop' } }),
      ]),
    ],
  ])('is nothing to tell %s', (_, found) => expect(found).toEqual([]));
});
