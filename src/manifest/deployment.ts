import type { Problem } from '../problem.js';
import type { Container, Deployment, Manifest } from './manifest.js';

/** `Deployment/web`: how messages name an object. */
export function titleOf(manifest: Manifest): string {
  return `${manifest.kind}/${manifest.metadata.name}`;
}

/** A container of a Deployment with its place in it. */
export interface PlacedContainer {
  readonly container: Container;
  readonly init: boolean;
  /** `Deployment/web spec.template.spec.containers[0]` */
  readonly path: string;
}

/** Every container and init container, in the manifest's order. */
export function containersOf(deployment: Deployment): readonly PlacedContainer[] {
  const { initContainers = [], containers } = deployment.spec.template.spec;
  const place = (field: string, init: boolean) => (container: Container, index: number) => ({
    container,
    init,
    path: `${titleOf(deployment)} spec.template.spec.${field}[${index}]`,
  });
  return [...initContainers.map(place('initContainers', true)), ...containers.map(place('containers', false))];
}

/** Takes a manifest for a Deployment, or says what it lacks to be one. */
export function readDeployment(
  manifest: Manifest,
): { readonly deployment: Deployment } | { readonly deployment?: never; readonly problems: readonly Problem[] } {
  const lacks = (field: string, message: string, received?: unknown) => ({
    problems: [
      {
        path: `${titleOf(manifest)} ${field}`,
        message,
        severity: 'error' as const,
        ...(received === undefined ? {} : { received: JSON.stringify(received) }),
      },
    ],
  });
  const containers = dig(manifest, 'spec', 'template', 'spec', 'containers');
  const initContainers = dig(manifest, 'spec', 'template', 'spec', 'initContainers');
  const field = 'spec.template.spec.containers';
  if (!Array.isArray(containers) || containers.length === 0)
    return lacks(field, 'A Deployment needs a list of at least one container.', containers);
  if (!containers.every(isContainer)) return lacks(field, 'Every container needs a name.', containers);
  if (initContainers !== undefined && !(Array.isArray(initContainers) && initContainers.every(isContainer)))
    return lacks('spec.template.spec.initContainers', 'Every init container needs a name.', initContainers);
  return isDeployment(manifest) ? { deployment: manifest } : lacks('kind', 'This is not a Deployment.', manifest.kind);
}

/** Called on what was found to have containers. */
function isDeployment(manifest: Manifest): manifest is Deployment {
  return manifest.kind === 'Deployment';
}

function isContainer(value: unknown): boolean {
  return typeof dig(value, 'name') === 'string';
}

/** A value deep in an object of unknown shape. */
export function dig(value: unknown, ...path: readonly string[]): unknown {
  let found: unknown = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = Reflect.get(found, key);
  }
  return found;
}
