import { badInput } from '../problem.js';
import type { PolicyInput } from './input.js';
import { parsePolicy } from './parse.js';
import type { Policy, Stage } from './policy.js';

/**
 * A policy from TypeScript, with its stage names known to the compiler.
 *
 * @throws PatchwayError (exit code 65) with every problem of the policy.
 */
export function definePolicy<const N extends string>(input: PolicyInput<N>): Policy<N> {
  const parsed = parsePolicy(input);
  const { policy } = parsed;
  if (policy === undefined || !hasStages(policy, input)) throw badInput(subject(input), parsed.problems);
  return policy;
}

/** The stages of a parsed policy are those that were written. */
function hasStages<N extends string>(policy: Policy, input: PolicyInput<N>): policy is Policy<N> & Policy {
  return policy.stages.every((stage: Stage, i) => stage.name === input.stages[i]?.name);
}

function subject(input: unknown): string {
  const name = typeof input === 'object' && input !== null && 'name' in input ? input.name : undefined;
  return typeof name === 'string' ? `The policy '${name}'` : 'The policy';
}
