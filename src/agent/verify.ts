import { PatchwayError } from '../problem.js';
import type { AgentRun } from './context.js';
import { verifyByHttp } from './verify/http.js';

/** One of the stage's requests, by its index in `PATCHWAY_VERIFY`, for Argo Rollouts' analysis, whose Job fails with it. */
export const verifyOnce: AgentRun = async ({ config, env, log }) => {
  const stage = config.policy.stages.find(({ name }) => name === config.stage);
  const index = env.PATCHWAY_VERIFY ?? '';
  const verification = stage?.verify?.[Number(index)];
  if (verification?.kind !== 'http')
    throw new PatchwayError(`stage ${config.stage} has no request ${index} to verify by: apply what synthesis wrote again.`);
  const { result, why } = await verifyByHttp(verification);
  log(`${result}: ${why}`);
  return result === 'holds' ? 0 : 1;
};
