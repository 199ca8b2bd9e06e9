import type { Problem } from '../../problem.js';
import type { CountOrPercent } from '../policy.js';
import { type Check, error } from './check.js';

/** A budget that never lets a pod go makes every drain of a node wait for ever. */
export const budgetAllowsDrains: Check = ({ document: { rollout, stages }, intact }) => {
  const budget = rollout.disruptionBudget;
  if (budget === 'none' || !intact('rollout.disruptionBudget')) return [];
  if ('maxUnavailable' in budget) return isNone(budget.maxUnavailable) ? [blocked('No pod may be taken away.')] : [];
  const { minAvailable } = budget;
  if (minAvailable === '100%') return [blocked('Every pod must stay.')];
  return stages
    .filter(({ replicas }) => replicas !== undefined && countOf(minAvailable, replicas) >= replicas)
    .map(({ name, replicas }) => blocked(`${minAvailable} of the ${replicas} pods in ${name} must stay, which is all of them.`));
};

/** Whether a count or percentage is nothing at all. */
export function isNone(amount: CountOrPercent): boolean {
  return Number.parseInt(String(amount), 10) === 0;
}

/** Kubernetes rounds percentages of a budget up. */
function countOf(amount: CountOrPercent, replicas: number): number {
  return typeof amount === 'number' ? amount : Math.ceil((Number.parseInt(amount, 10) * replicas) / 100);
}

function blocked(why: string): Problem {
  return error(
    'rollout.disruptionBudget',
    `${why} A node could never be drained.`,
    "Write { maxUnavailable: 1 }, or 'none' for no budget.",
  );
}
