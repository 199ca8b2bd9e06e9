import { restrictedContainer } from '../manifest/agent-pod.js';
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
