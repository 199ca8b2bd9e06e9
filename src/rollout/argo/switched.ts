import { isObject } from '../../manifest/dig.js';
import type { Manifest } from '../../manifest/manifest.js';

/**
 * A Service without its selector, which Argo Rollouts writes at each switch. To Kubernetes a selector is one value: written here
 * as well, each apply would meet a conflict, or bring both versions behind the Service.
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
 */
export function withoutSelector(service: Manifest): Manifest {
  if (!isObject(service.spec)) return service;
  const { selector: _argos, ...spec } = service.spec;
  return { ...service, spec };
}
