import { type Manifest, titleOf } from '../../manifest/manifest.js';
import { enginesThat } from '../../policy/engines.js';
import { hasPromotion } from '../../policy/has-promotion.js';
import type { PolicyDocument, Stage } from '../../policy/policy.js';
import type { Problem } from '../../problem.js';

/** What Argo CD and Flux write onto what they own. */
const OWNERS: readonly { readonly key: string; readonly controller: string }[] = [
  { key: 'argocd.argoproj.io/instance', controller: 'Argo CD' },
  { key: 'argocd.argoproj.io/tracking-id', controller: 'Argo CD' },
  { key: 'kustomize.toolkit.fluxcd.io/name', controller: 'Flux' },
  { key: 'helm.toolkit.fluxcd.io/name', controller: 'Flux' },
];

/**
 * Warns where promotion changes images in the cluster that a GitOps controller reconciles with git: each would undo the
 * other's work.
 */
export function gitOpsProblems(policy: PolicyDocument, stage: Stage, manifests: readonly Manifest[]): readonly Problem[] {
  if (!hasPromotion(policy, stage)) return [];
  const owned = manifests.flatMap((manifest) => {
    const { labels, annotations } = manifest.metadata;
    const owner = OWNERS.find(({ key }) => labels?.[key] !== undefined || annotations?.[key] !== undefined);
    return owner === undefined ? [] : [{ manifest, ...owner }];
  });
  const [first] = owned;
  if (first === undefined) return [];
  const message = `${first.controller} owns this (${first.key}) and takes its images from git, while the promotion engine '${policy.promotion.engine}' changes them in the cluster: each would undo the other's work in stage ${stage.name}.`;
  const hint = `Set promotion.engine to ${enginesThat(({ moves }) => moves === 'lock')}, which move the lock in git.`;
  return [{ path: titleOf(first.manifest), message, hint, severity: 'warning' }];
}
