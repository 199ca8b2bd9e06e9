import { and, compare, number, promDuration, subtract } from '../../promql.js';
import { type Alert, knownWorkloads, type StageRules } from '../alert.js';
import { BY_NAME, perKind, replicasOf } from '../replicas.js';
import { elsewhere, STRANGER, timeline } from '../rule-test.js';

/** For how much longer than a rollout may stand still pods may be missing. */
const MORE = 5 * 60_000;

/** Fires while a workload has had fewer pods ready than it should for longer than a rollout may stand still. Its value is how many are missing. */
export function replicasMissing(context: StageRules): Alert | undefined {
  const replicas = replicasOf(context);
  if (replicas === undefined) return undefined;
  const wait = context.policy.rollout.progressDeadline + MORE;
  return {
    alert: 'PatchwayReplicasMissing',
    expr: and(compare(subtract(replicas.desired, replicas.available), '>', number(0)), BY_NAME, knownWorkloads(context)),
    for: wait,
    severity: 'warning',
    summary: '{{ $labels.namespace }}/{{ $labels.workload }} lacks pods.',
    description: `{{ $labels.namespace }}/{{ $labels.workload }} has had {{ $value }} pods fewer ready than it should for ${promDuration(wait)}.`,
    tests: (effective) => {
      const t = timeline({ wait: effective });
      const cases = perKind(context, (kind, { workload }, { available, desired }) => {
        const ready = available(t.values(2, 3), workload);
        const foreign = [desired(t.always(3), STRANGER), available(t.always(0), STRANGER)];
        return {
          title: `a ${kind} that lacks a pod`,
          series: [desired(t.always(3), workload), ready, ...foreign, elsewhere(ready, t.always(0))],
          at: t.at(workload),
        };
      });
      return { step: t.step, cases };
    },
  };
}
