import type { Problem } from '../problem.js';
import { type Manifest, titleOf } from './manifest.js';

/** What a red verdict asks for: a newer tag, a build on a newer base, or a patch of the image as it is. */
export type Remedy = 'update' | 'rebuild' | 'copa';
export const REMEDIES: readonly Remedy[] = ['update', 'rebuild', 'copa'];

/** What a workload says of itself, by annotations `patchway.dev/<name>`. */
export interface WorkloadOptions {
  readonly remedy?: Remedy;
  /** The base image of its Dockerfile: `alpine:3.19`. */
  readonly base?: string;
}

const REMEDY = 'patchway.dev/remedy';
const BASE = 'patchway.dev/base';
/** Opts a workload out of its policy; the value is the reason. A label does as well, where tools only set labels. */
export const IGNORE = 'patchway.dev/ignore';

/** Reads a workload's annotations; what cannot be meant is a problem. */
export function workloadOptions(manifest: Manifest): { readonly options: WorkloadOptions; readonly problems: readonly Problem[] } {
  const { [REMEDY]: remedy, [BASE]: base } = manifest.metadata.annotations ?? {};
  const known = REMEDIES.find((each) => each === remedy);
  return {
    options: { ...(known === undefined ? {} : { remedy: known }), ...(base === undefined ? {} : { base }) },
    problems:
      remedy === undefined || known !== undefined
        ? []
        : [
            {
              path: `${titleOf(manifest)} metadata.annotations["${REMEDY}"]`,
              message: 'This is no remedy.',
              received: JSON.stringify(remedy),
              hint: `Use one of ${REMEDIES.join(', ')}.`,
              severity: 'error',
            },
          ],
  };
}

/** Why a workload is not to be touched; undefined where it is. */
export function ignoredBecause({ metadata }: Manifest): string | undefined {
  return metadata.annotations?.[IGNORE] ?? metadata.labels?.[IGNORE];
}
