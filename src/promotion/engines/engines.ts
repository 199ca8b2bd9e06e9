import type { Manifest } from '../../manifest/manifest.js';
import type { EngineName } from '../../policy/engines.js';
import type { PromotionEngine, PromotionOptions } from '../engine.js';
import { jobs } from '../jobs.js';
import { githubActions } from './github-actions.js';
import { gitlabCi } from './gitlab-ci.js';

/** Every engine by its name. */
export const PROMOTION_ENGINES: Readonly<Record<EngineName, PromotionEngine>> = {
  jobs,
  'github-actions': githubActions,
  'gitlab-ci': gitlabCi,
};

/** What the promotion to one stage is made of in its cluster, by the policy's engine. */
export function promotionManifests(options: PromotionOptions): readonly Manifest[] {
  return PROMOTION_ENGINES[options.policy.promotion.engine].manifests(options);
}
