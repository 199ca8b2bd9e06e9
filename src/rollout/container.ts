import { restrictedContainer } from '../manifest/agent-pod.js';
import { dig } from '../manifest/dig.js';
import type { Container } from '../manifest/manifest.js';
import type { Milliseconds } from '../policy/policy.js';

/** Whole seconds, as Kubernetes' fields have them; a part of one counts as one. */
export function seconds(duration: Milliseconds): number {
  return Math.ceil(duration / 1000);
}

/** What the Pod Security Standard "restricted" asks of a container, and a read-only root, where the container says nothing itself. */
export function withRestrictions(container: Container): Container {
  const own = container.securityContext;
  const capabilities = dig(own, 'capabilities');
  return {
    ...container,
    securityContext: {
      ...restrictedContainer,
      ...(typeof own === 'object' ? own : {}),
      capabilities: { ...restrictedContainer.capabilities, ...(typeof capabilities === 'object' ? capabilities : {}) },
    },
  };
}

/** An image named by its digest never changes: pulling it again proves nothing. */
export function withPullPolicy(container: Container): Container {
  return { ...container, imagePullPolicy: container.imagePullPolicy ?? 'IfNotPresent' };
}

/**
 * A pause before the container is told to end, in which load balancers forget the pod. A `preStop` of its own stays.
 * @see https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/
 */
export function withDrain(container: Container, drain: Milliseconds): Container {
  if (drain === 0 || dig(container.lifecycle, 'preStop') !== undefined) return container;
  const own = typeof container.lifecycle === 'object' ? container.lifecycle : {};
  return { ...container, lifecycle: { ...own, preStop: { sleep: { seconds: seconds(drain) } } } };
}

/** How long a container's own `preStop` pauses, where it says so. */
export function ownPause(container: Container): number {
  const pause = dig(container.lifecycle, 'preStop', 'sleep', 'seconds');
  return typeof pause === 'number' ? pause : 0;
}
