import type { RolloutPolicy } from '../policy/policy.js';

/** Kubernetes' own deadline for a rollout comes first where its controller works. */
const DEADLINE_SLACK_MS = 15_000;

/** Pulling the agent's image, waiting for answers, writing states. */
const RUN_SLACK_MS = 120_000;

/** When a rollout has failed, in epoch milliseconds; `startedAt` is RFC 3339. */
export function deadlineOf({ progressDeadline }: Pick<RolloutPolicy, 'progressDeadline'>, startedAt: string): number {
  return Date.parse(startedAt) + progressDeadline + DEADLINE_SLACK_MS;
}

/** The longest that one run can take, in seconds: a rollout to its deadline, and the same again to put the old images back. */
export function runSeconds({ progressDeadline, minReady }: Pick<RolloutPolicy, 'progressDeadline' | 'minReady'>): number {
  return Math.ceil((2 * (progressDeadline + DEADLINE_SLACK_MS) + minReady + RUN_SLACK_MS) / 1000);
}
