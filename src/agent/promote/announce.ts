import type { Stage } from '../../policy/policy.js';
import { isPatchwayError } from '../../problem.js';
import { eventOf, newEntries } from '../../promotion/history.js';
import type { PromotionState } from '../../promotion/state.js';
import type { AgentContext } from '../context.js';
import { ConflictError } from '../kubernetes.js';

/**
 * Makes a Kubernetes Event of each entry that the history has gained. The history is what counts: an Event that cannot be
 * made is told, and the promotion goes on.
 */
export async function announce(
  { cluster, log }: Pick<AgentContext, 'cluster' | 'log'>,
  stage: Stage,
  earlier: PromotionState,
  later: PromotionState,
): Promise<void> {
  for (const entry of newEntries(earlier, later)) {
    try {
      await cluster.create(`/api/v1/namespaces/${stage.namespace}/events`, eventOf(entry, stage));
    } catch (error) {
      // The same entry has the same name.
      if (error instanceof ConflictError) continue;
      if (!isPatchwayError(error)) throw error;
      log(`no Event was made of this: ${error.message}`);
    }
  }
}
