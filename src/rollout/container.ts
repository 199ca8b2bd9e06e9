import { restrictedContainer } from '../manifest/agent-pod.js';
import type { PlacedContainer } from '../manifest/containers.js';
import { dig } from '../manifest/dig.js';
import type { Container, Json } from '../manifest/manifest.js';
import type { Milliseconds } from '../policy/policy.js';
import { isObject } from './fields.js';

/** Whole seconds, as Kubernetes' fields have them; a part of one counts as one. */
export function seconds(duration: Milliseconds): number {
  return Math.ceil(duration / 1000);
}

/** What the Pod Security Standard "restricted" asks of a container, and a read-only root, where the container says nothing itself. */
export function restrictedContext({ securityContext }: Container): { readonly [key: string]: Json } {
  const own = isObject(securityContext) ? securityContext : {};
  const capabilities = { ...restrictedContainer.capabilities, ...(isObject(own.capabilities) ? own.capabilities : {}) };
  return { ...restrictedContainer, ...own, capabilities };
}

/** Whether a container has no `preStop`, and can have one. */
export function lacksPreStop({ lifecycle }: Container): boolean {
  return (lifecycle ?? undefined) === undefined || (isObject(lifecycle) && (lifecycle.preStop ?? undefined) === undefined);
}

/** Seconds that a container's own `preStop` pauses, where it says so: by its field, or by a command such as `sleep 15`. */
export function ownPause(container: Container): number {
  const preStop = dig(container, 'lifecycle', 'preStop');
  const pause = dig(preStop, 'sleep', 'seconds');
  if (typeof pause === 'number') return pause;
  const command = dig(preStop, 'exec', 'command');
  const slept = Array.isArray(command) ? /\bsleep (\d+)/.exec(command.map(String).join(' ')) : null;
  return Number(slept?.[1] ?? 0);
}

/** Whether it is an init container that keeps running. */
export function isSidecar({ container, init }: PlacedContainer): boolean {
  return init && container.restartPolicy === 'Always';
}
