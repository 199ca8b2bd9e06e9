import { dig } from '../manifest/dig.js';
import type { Container, PodSpec } from '../manifest/manifest.js';
import type { Milliseconds, RolloutPolicy } from '../policy/policy.js';
import { ownPause, seconds } from './container.js';

/** Kubernetes' own, where a pod names none. */
const GRACE_SECONDS = 30;

/** The pod's part of "restricted". Who says to run as root is left to it: the pod would not start otherwise. */
export function withPodRestrictions(spec: PodSpec): PodSpec {
  const own = typeof spec.securityContext === 'object' ? spec.securityContext : {};
  return {
    ...spec,
    securityContext: { ...(runsAsRoot(spec) ? {} : { runAsNonRoot: true }), seccompProfile: { type: 'RuntimeDefault' }, ...own },
  };
}

/** Whether the pod or one of its containers asks for user 0. */
export function runsAsRoot(spec: PodSpec): boolean {
  return [spec, ...(spec.initContainers ?? []), ...spec.containers].some((part) => dig(part.securityContext, 'runAsUser') === 0);
}

/** The pre-stop pause is added to the time that the workload has to end; a longer pause of its own fits into it. */
export function withGracePeriod(spec: PodSpec, drain: Milliseconds): PodSpec {
  const own = typeof spec.terminationGracePeriodSeconds === 'number' ? spec.terminationGracePeriodSeconds : GRACE_SECONDS;
  const pauses = spec.containers.map(ownPause);
  const drained = spec.containers.some((c) => dig(c.lifecycle, 'preStop') === undefined) ? seconds(drain) : 0;
  const longest = Math.max(0, ...pauses);
  const grace = Math.max(own + drained, longest < own ? own : longest + GRACE_SECONDS);
  return grace === GRACE_SECONDS ? spec : { ...spec, terminationGracePeriodSeconds: grace };
}

const TOPOLOGY = { nodes: 'kubernetes.io/hostname', zones: 'topology.kubernetes.io/zone' } as const;

/** Replicas of one revision keep to different nodes or zones where that is possible. Constraints of its own stay alone. */
export function withSpread(spec: PodSpec, spread: RolloutPolicy['spread'], selector: unknown): PodSpec {
  if (spread === 'none' || spec.topologySpreadConstraints !== undefined) return spec;
  const constraint = {
    maxSkew: 1,
    topologyKey: TOPOLOGY[spread],
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: selector,
    matchLabelKeys: ['pod-template-hash'],
  };
  return { ...spec, topologySpreadConstraints: [constraint] };
}

/** An account of the workload's own, without a token; one that it names itself stays as it is. */
export function withServiceAccount(spec: PodSpec, name: string): PodSpec {
  if (namesAccount(spec)) return spec;
  return { ...spec, serviceAccountName: name, automountServiceAccountToken: spec.automountServiceAccountToken ?? false };
}

export function namesAccount(spec: PodSpec): boolean {
  return spec.serviceAccountName !== undefined || spec.serviceAccount !== undefined;
}

export function mapContainers(spec: PodSpec, change: (container: Container, init: boolean) => Container): PodSpec {
  return {
    ...spec,
    ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers.map((c) => change(c, true)) }),
    containers: spec.containers.map((c) => change(c, false)),
  };
}
