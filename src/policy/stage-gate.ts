import type { Exposure, GatePolicy, PolicyDocument } from './policy.js';

/**
 * The gate as it holds for images in a stage: as exposed as the most exposed stage that they may go on to, so that what is
 * on its way to the internet is judged as if it were there. Without a stage, all of them count.
 */
export function gateOf({ gate, stages }: Pick<PolicyDocument, 'gate' | 'stages'>, stage?: string): GatePolicy {
  const { exposure: _, ...rest } = gate;
  const exposure = mostExposed(reachedFrom(stages, stage).map((reached) => reached.exposure));
  return exposure === undefined ? rest : { ...rest, exposure };
}

function reachedFrom(stages: PolicyDocument['stages'], stage: string | undefined): PolicyDocument['stages'] {
  if (stage === undefined) return stages;
  const reached = new Set([stage]);
  for (const name of reached) for (const next of stages) if (next.after.includes(name)) reached.add(next.name);
  return stages.filter(({ name }) => reached.has(name));
}

/** What is not known lies between the two: it counts as exposed, but nobody has said so. */
function mostExposed(exposures: readonly (Exposure | undefined)[]): Exposure | undefined {
  if (exposures.includes('internet')) return 'internet';
  return exposures.length === 0 || exposures.includes(undefined) ? undefined : 'internal';
}
