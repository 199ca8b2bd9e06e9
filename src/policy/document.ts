import { PatchwayError, type Problem } from '../problem.js';
import { POLICY, type Policy, type PolicyDocument } from './policy.js';
import { suggest } from './suggest.js';

/**
 * A policy from its document, as the agent reads it from JSON; `warnings` are looked for when they are read.
 * What it adds is not enumerable: written as JSON again, the policy is its document.
 */
export function policyFromDocument<S extends string>(
  document: PolicyDocument<S>,
  warnings: () => readonly Problem[] = () => [],
): Policy<S> {
  const policy: Policy<S> = {
    ...document,
    [POLICY]: true,
    get warnings() {
      return warnings();
    },
    stage: (name) => {
      const stage = document.stages.find((s) => s.name === name);
      if (stage === undefined) throw unknownStage(document, name);
      return stage;
    },
  };
  return Object.freeze(Object.defineProperties(policy, hidden));
}

/** Whether a value is a parsed policy, also by another loaded copy of the library. */
export function isPolicy(value: unknown): value is Policy {
  return typeof value === 'object' && value !== null && POLICY in value;
}

const hidden = {
  [POLICY]: { enumerable: false },
  warnings: { enumerable: false },
  stage: { enumerable: false },
};

function unknownStage({ name: policy, stages }: PolicyDocument, name: string): PatchwayError {
  const names = stages.map((stage) => stage.name);
  const meant = suggest(name, names);
  return new PatchwayError(
    `The policy '${policy}' has no stage '${name}'. ${meant === undefined ? `Its stages are ${names.join(', ')}.` : `Did you mean '${meant}'?`}`,
    { exitCode: 65 },
  );
}
