import type { RolloutPolicy, Stage } from '../policy/policy.js';

/** Kubernetes' own deadline for a rollout comes first where its controller works. */
const DEADLINE_SLACK_MS = 15_000;

/** Pulling the agent's image, waiting for answers, writing states. */
const RUN_SLACK_MS = 120_000;

/** When a rollout has failed, in epoch milliseconds; `startedAt` is RFC 3339. */
export function deadlineOf({ progressDeadline }: Pick<RolloutPolicy, 'progressDeadline'>, startedAt: string): number {
  return Date.parse(startedAt) + progressDeadline + DEADLINE_SLACK_MS;
}

/**
 * How long a stage's verification may take, in milliseconds: the longest time that something must hold, and as long as a
 * rollout for it to begin to.
 */
export function verificationTime(
  { progressDeadline }: Pick<RolloutPolicy, 'progressDeadline'>,
  { verify = [] }: Pick<Stage, 'verify'>,
): number {
  if (verify.length === 0) return 0;
  return progressDeadline + Math.max(...verify.map((each) => (each.kind === 'prometheus' ? each.for : 0)));
}

/**
 * The longest that one run can take, in seconds: as many rollouts to their deadlines as there are turns, their verification,
 * and a rollout again to put the old images back.
 */
export function runSeconds(
  rollout: Pick<RolloutPolicy, 'progressDeadline' | 'minReady'>,
  stage: Pick<Stage, 'verify'> = {},
  turns = 1,
): number {
  const rollouts = (turns + 1) * (rollout.progressDeadline + DEADLINE_SLACK_MS);
  return Math.ceil((rollouts + verificationTime(rollout, stage) + rollout.minReady + RUN_SLACK_MS) / 1000);
}
