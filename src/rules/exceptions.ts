import type { StageRules } from './alert.js';

/** The labels that tell an exception from the others of a stage. */
export const PER_EXCEPTION = ['vulnerability', 'package', 'image'] as const;

/** Whether the policy accepts anything in the stage. */
export function hasExceptions({ policy, stage }: StageRules): boolean {
  return (policy.exceptions ?? []).some((exception) => (exception.stage ?? stage.name) === stage.name);
}
