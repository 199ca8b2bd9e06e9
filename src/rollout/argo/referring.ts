import { dig } from '../../manifest/dig.js';
import type { Manifest } from '../../manifest/manifest.js';
import type { Surroundings } from '../surroundings.js';

/** The Rollout that takes its pods from a Deployment. */
export function referringTo({ kind, metadata }: Manifest, { rollouts }: Pick<Surroundings, 'rollouts'>): Manifest | undefined {
  return rollouts.find((rollout) => {
    const reference = dig(rollout, 'spec', 'workloadRef');
    return dig(reference, 'kind') === kind && dig(reference, 'name') === metadata.name;
  });
}
