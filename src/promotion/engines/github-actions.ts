import { ENGINES } from '../../policy/engines.js';
import type { PromotionEngine } from '../engine.js';
import { forgeAccount } from './forge-account.js';

/** Promotion by pull requests that workflows of GitHub Actions open: `patchway ci promotion` writes them. */
export const githubActions: PromotionEngine = {
  name: 'github-actions',
  capabilities: ENGINES['github-actions'],
  manifests: forgeAccount,
};
