import { containersOf, isSidecar } from '../manifest/containers.js';
import { dig } from '../manifest/dig.js';
import type { Manifest } from '../manifest/manifest.js';
import { parseQuantity } from './quantity.js';

/** What quotas count, and where a container says how much of it: in the first place that does. Pods are counted by themselves. */
const COUNTED: Readonly<Record<string, readonly (readonly [field: 'requests' | 'limits', resource: string])[]>> = {
  pods: [],
  'count/pods': [],
  ...Object.fromEntries(
    ['cpu', 'memory'].flatMap((resource) => {
      const requests = [['requests', resource] as const, ['limits', resource] as const];
      return [
        [resource, requests],
        [`requests.${resource}`, requests],
        [`limits.${resource}`, [['limits', resource] as const]],
      ];
    }),
  ),
};

export const COUNTED_BY_QUOTAS = Object.keys(COUNTED);

/**
 * What one pod of a workload counts for in a quota. Init containers run before the others, one after another.
 * @see https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers
 */
export function demandOf(workload: Manifest, counted: string): number {
  const places = COUNTED[counted] ?? [];
  if (places.length === 0) return 1;
  const amounts = containersOf(workload).map((placed) => {
    const found = places.map((place) => parseQuantity(dig(placed.container, 'resources', ...place)));
    return { runs: !placed.init || isSidecar(placed), amount: found.find((amount) => amount !== undefined) ?? 0 };
  });
  const running = amounts.filter(({ runs }) => runs).reduce((sum, { amount }) => sum + amount, 0);
  return Math.max(running, ...amounts.filter(({ runs }) => !runs).map(({ amount }) => amount));
}
