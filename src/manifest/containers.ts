import type { Problem } from '../problem.js';
import { dig, listAt } from './dig.js';
import { templatePathOf, type WorkloadKind, workloadKindOf } from './kinds.js';
import { type Container, type Deployment, type Manifest, titleOf } from './manifest.js';

/** A container with its place in the object that bears it. */
export interface PlacedContainer {
  readonly container: Container;
  readonly init: boolean;
  /** Keys and indexes from the object down to it. */
  readonly at: readonly (string | number)[];
  /** `Deployment/web spec.template.spec.containers[0]` */
  readonly path: string;
}

/** Every init container and container of an object's pods, in the manifest's order; none where it bears no pods. What is not an object is left out. */
export function containersOf(manifest: Manifest): readonly PlacedContainer[] {
  const template = templatePathOf(manifest);
  if (template === undefined) return [];
  return (['initContainers', 'containers'] as const).flatMap((field) => {
    const place = [...template, 'spec', field];
    const list = dig(manifest, ...place);
    if (!Array.isArray(list)) return [];
    return list.flatMap((container: unknown, index) =>
      isObject(container)
        ? [
            {
              container,
              init: field === 'initContainers',
              at: [...place, index],
              path: `${titleOf(manifest)} ${place.join('.')}[${index}]`,
            },
          ]
        : [],
    );
  });
}

/** Whether it is an init container that keeps running. */
export function isSidecar({ container, init }: PlacedContainer): boolean {
  return init && container.restartPolicy === 'Always';
}

/** Seconds that a container's own `preStop` pauses, where it says so: by its field, or by a command such as `sleep 15`. */
export function ownPause(container: Container): number {
  const preStop = dig(container, 'lifecycle', 'preStop');
  const pause = dig(preStop, 'sleep', 'seconds');
  if (typeof pause === 'number') return pause;
  const slept = /\bsleep (\d+)/.exec(listAt(preStop, 'exec', 'command').map(String).join(' '));
  return Number(slept?.[1] ?? 0);
}

/** A workload whose containers were found to be there and named. */
export interface WorkloadManifest extends Manifest {
  readonly kind: WorkloadKind;
}

/** Takes a manifest for a workload, or says what it lacks to be one. */
export function readWorkload(
  manifest: Manifest,
): { readonly workload: WorkloadManifest } | { readonly workload?: never; readonly problems: readonly Problem[] } {
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
  if (!isWorkload(manifest)) return lacks('kind', 'This is not a workload.', `${manifest.apiVersion} ${manifest.kind}`);
  const place = [...(templatePathOf(manifest) ?? []), 'spec'];
  const containers = dig(manifest, ...place, 'containers');
  const initContainers = dig(manifest, ...place, 'initContainers');
  const field = [...place, 'containers'].join('.');
  if (!Array.isArray(containers) || containers.length === 0)
    return lacks(field, `A ${manifest.kind} needs a list of at least one container.`, containers);
  if (!containers.every(isNamed)) return lacks(field, 'Every container needs a name.', containers);
  if (initContainers !== undefined && !(Array.isArray(initContainers) && initContainers.every(isNamed)))
    return lacks([...place, 'initContainers'].join('.'), 'Every init container needs a name.', initContainers);
  return { workload: manifest };
}

/** Called on what was found to have containers. */
export function isDeployment(manifest: Manifest): manifest is Deployment {
  return workloadKindOf(manifest) === 'Deployment';
}

function isWorkload(manifest: Manifest): manifest is WorkloadManifest {
  return workloadKindOf(manifest) !== undefined;
}

function isNamed(value: unknown): boolean {
  return typeof dig(value, 'name') === 'string';
}

function isObject(value: unknown): value is Container {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
