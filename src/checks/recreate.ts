import { dig } from '../manifest/dig.js';
import { type Manifest, titleOf } from '../manifest/manifest.js';
import type { Finding } from './check.js';

/** Strategies that do not roll: where they are written, and what they do instead. */
const STRATEGIES: Readonly<Record<string, { readonly field: string; readonly does: string; readonly instead: string }>> = {
  Deployment: {
    field: 'strategy',
    does: 'every rollout stops all its pods before it starts new ones',
    instead: 'Write RollingUpdate if two versions may run at once.',
  },
  StatefulSet: {
    field: 'updateStrategy',
    does: 'its pods are replaced only when somebody deletes them',
    instead: 'Write RollingUpdate if nobody has to be there.',
  },
};

/** `Recreate` is an outage at every rollout, and under `OnDelete` an update does not come by itself. */
export function recreate(workload: Manifest): readonly Finding[] {
  const strategy = STRATEGIES[workload.kind === 'DaemonSet' ? 'StatefulSet' : workload.kind];
  const type = strategy === undefined ? undefined : dig(workload, 'spec', strategy.field, 'type');
  if (strategy === undefined || typeof type !== 'string' || type === 'RollingUpdate') return [];
  return [
    {
      path: `${titleOf(workload)} spec.${strategy.field}`,
      message: `Its strategy ${type} stays: ${strategy.does}.`,
      hint: strategy.instead,
    },
  ];
}
