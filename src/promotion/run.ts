import type { RolloutPolicy } from '../policy/policy.js';

/** Kubernetes' own deadline for a rollout comes first where its controller works. */
export const DEADLINE_SLACK_MS = 15_000;

/** Pulling the agent's image, waiting for answers, writing states. */
const RUN_SLACK_MS = 120_000;

/** The longest that one run can take, in seconds: a rollout to its deadline, and the same again to put the old images back. */
export function runSeconds({ progressDeadline, minReady }: Pick<RolloutPolicy, 'progressDeadline' | 'minReady'>): number {
  return Math.ceil((2 * (progressDeadline + DEADLINE_SLACK_MS) + minReady + RUN_SLACK_MS) / 1000);
}
