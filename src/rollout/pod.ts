import { containersOf, isSidecar, ownPause, type PlacedContainer } from '../manifest/containers.js';
import { dig } from '../manifest/dig.js';
import type { Edit } from '../manifest/edit.js';
import type { WorkloadKind } from '../manifest/kinds.js';
import type { Manifest } from '../manifest/manifest.js';
import type { RolloutPolicy } from '../policy/policy.js';
import { lacksPreStop, seconds } from './container.js';
import { isObject, podPathOf } from './fields.js';

/** Kubernetes' own, where a pod names none. */
const GRACE_SECONDS = 30;

/** What makes pods end without losing a request, and keeps them apart. */
export function podEdits(workload: Manifest, kind: WorkloadKind, rollout: RolloutPolicy): readonly Edit[] {
  if (kind === 'CronJob' || kind === 'Rollout') return [];
  const pod = podPathOf(workload);
  return [...drainEdits(workload, rollout), ...graceEdits(workload, pod, rollout), ...spreadEdits(workload, kind, pod, rollout)];
}

/**
 * A pause before a container is told to end, in which load balancers forget the pod. A `preStop` of its own stays. Sidecars
 * get none: they end after the containers.
 * @see https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/
 */
function drainEdits(workload: Manifest, { drain }: RolloutPolicy): readonly Edit[] {
  if (drain === 0) return [];
  return undrained(workload).map(({ at }) => ({ path: [...at, 'lifecycle', 'preStop'], value: { sleep: { seconds: seconds(drain) } } }));
}

function undrained(workload: Manifest): readonly PlacedContainer[] {
  return containersOf(workload).filter(({ container, init }) => !init && lacksPreStop(container));
}

/** The pause is added to the time that the workload has to end; a longer pause of its own fits into it. */
function graceEdits(workload: Manifest, pod: readonly string[], { drain }: RolloutPolicy): readonly Edit[] {
  const path = [...pod, 'terminationGracePeriodSeconds'];
  const written = dig(workload, ...path);
  const own = typeof written === 'number' ? written : GRACE_SECONDS;
  const drained = undrained(workload).length > 0 ? seconds(drain) : 0;
  const pauses = containersOf(workload).flatMap((placed) => (!placed.init || isSidecar(placed) ? [ownPause(placed.container)] : []));
  const longest = Math.max(0, ...pauses);
  const grace = Math.max(own + drained, longest < own ? own : longest + GRACE_SECONDS);
  return grace === own ? [] : [{ path, value: grace }];
}

const TOPOLOGY = { nodes: 'kubernetes.io/hostname', zones: 'topology.kubernetes.io/zone' } as const;

/** Replicas of one revision keep to different nodes or zones where that is possible. Constraints of its own stay alone. */
function spreadEdits(workload: Manifest, kind: WorkloadKind, pod: readonly string[], { spread }: RolloutPolicy): readonly Edit[] {
  const path = [...pod, 'topologySpreadConstraints'];
  const own = dig(workload, ...path) ?? [];
  const selector = dig(workload, 'spec', 'selector');
  if (spread === 'none' || kind === 'DaemonSet' || !isObject(selector) || !Array.isArray(own) || own.length > 0) return [];
  const constraint = {
    maxSkew: 1,
    topologyKey: TOPOLOGY[spread],
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: selector,
    // A StatefulSet replaces pods in their places, so that old and new ones together are what is to be spread.
    ...(kind === 'Deployment' ? { matchLabelKeys: ['pod-template-hash'] } : {}),
  };
  return [{ path, value: [constraint] }];
}
