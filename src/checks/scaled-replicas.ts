import { dig } from '../manifest/dig.js';
import { type Manifest, titleOf } from '../manifest/manifest.js';
import type { Finding } from './check.js';
import type { StageObjects } from './stage-objects.js';

/** A number in the manifest and an autoscaler set the same field. */
export function scaledReplicas(workload: Manifest, { scalerOf }: StageObjects): readonly Finding[] {
  const scaler = scalerOf(workload);
  const replicas = dig(workload, 'spec', 'replicas');
  // With none, the autoscaler is switched off on purpose.
  if (scaler === undefined || typeof replicas !== 'number' || replicas === 0) return [];
  return [
    {
      path: `${titleOf(workload)} spec.replicas`,
      message: `${titleOf(scaler)} sets its replicas, and every apply sets them back to ${replicas}: under load, pods that are needed go.`,
      hint: 'Remove spec.replicas.',
    },
  ];
}
