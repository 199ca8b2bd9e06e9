import type { Manifest } from '../manifest/manifest.js';
import { approvalsPolicy } from './approvals.js';
import type { GuardOptions } from './guard.js';
import { knownImages } from './known-images.js';
import { podPolicy } from './pods.js';
import { promotedPolicy } from './promoted.js';
import { promoterPolicies } from './promoter.js';
import { signaturePolicy } from './signatures.js';
import { verifyingPolicy } from './verifying.js';

/**
 * What keeps every image out of a stage's namespace but those that the lock names or a promotion put there: a list
 * of what is known, and admission policies of Kubernetes' own with their bindings, which no controller has to serve.
 */
export function guardManifests(options: GuardOptions): readonly Manifest[] {
  const guarded = options.policy.promotion.guard !== false;
  return [
    ...(guarded
      ? [knownImages(options), ...podPolicy(options), ...promotedPolicy(options), ...promoterPolicies(options), ...verifyingPolicy(options)]
      : []),
    ...(guarded || options.stage.approval === 'manual' ? approvalsPolicy(options) : []),
    ...signaturePolicy(options),
  ];
}
