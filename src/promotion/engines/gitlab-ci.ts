import { ENGINES } from '../../policy/engines.js';
import type { PromotionEngine } from '../engine.js';
import { forgeAccount } from './forge-account.js';

/** Promotion by merge requests that jobs of GitLab CI open: `patchway ci promotion` writes them. */
export const gitlabCi: PromotionEngine = {
  name: 'gitlab-ci',
  capabilities: ENGINES['gitlab-ci'],
  manifests: forgeAccount,
};
