import { type Manifest, titleOf } from '../manifest/manifest.js';
import type { Finding } from './check.js';
import type { StageObjects } from './stage-objects.js';

/** A workload's selector that selects the pods of another one. */
export function sharedSelector(workload: Manifest, { pods }: StageObjects): readonly Finding[] {
  if (workload.kind === 'CronJob') return [];
  for (const other of pods.selectedBy(workload)) {
    if (other === workload) continue;
    return [
      {
        path: `${titleOf(workload)} spec.selector`,
        message: `It selects the pods of ${titleOf(other)} too: autoscalers, budgets and people who go by it count them together.`,
        hint: 'Give each a label of its own. A selector never changes: that takes a new object.',
      },
    ];
  }
  return [];
}
