import { titleOf } from '../manifest/manifest.js';
import type { Check } from './check.js';

/** The API server refuses every eviction of a pod that two budgets select. */
export const duplicateBudgets: Check = ({ budgets }) =>
  budgets.twice.map(({ bearer, first, second }) => ({
    path: `${titleOf(second)} spec.selector`,
    message: `It selects the pods of ${titleOf(bearer)}, and so does ${titleOf(first)}: of a pod with two budgets every eviction fails, and no node with one is drained.`,
    hint: 'Remove one of the budgets, or narrow its selector.',
  }));
