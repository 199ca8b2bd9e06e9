import type { ImageScope } from '../gate/exceptions.js';
import { normaliseReference, parseReference } from '../lock/reference.js';
import { containersOf } from '../manifest/containers.js';
import { remedyOfWorkload } from '../manifest/remedy.js';
import { type Remedy, workloadOptions } from '../manifest/workload-options.js';
import { badInput, type Problem } from '../problem.js';
import type { LockedImage } from './gate-lock.js';
import type { Io } from './io.js';
import { readManifests } from './manifest-files.js';

/** What a red verdict on an image asks for, as a workload says that runs it. */
export interface ImageRemedy {
  readonly remedy: Remedy;
  /** As a sentence without its full stop. */
  readonly words: string;
}

interface Declared extends ImageRemedy {
  /** The image of the workload's first container, normalised. */
  readonly reference: string;
  readonly repository: string;
  readonly digest?: string;
}

/**
 * What the workloads of these files ask for.
 * @throws PatchwayError 65 with every file that cannot be read, and every annotation that cannot be meant
 */
export function declaredRemedies(files: readonly string[], io: Io): readonly Declared[] {
  const { manifests, problems } = readManifests(files, io);
  const read = manifests.map(({ manifest, file, line }) => {
    const { options, problems: wrong } = workloadOptions(manifest);
    const image = containersOf(manifest).find(({ init }) => !init)?.container.image;
    const written = typeof image === 'string' ? parseReference(image) : undefined;
    const { remedy = 'update' } = options;
    const words = remedyOfWorkload({ ...options, name: manifest.metadata.name });
    const { repository, digest } = written ?? {};
    const reference = typeof image === 'string' ? normaliseReference(image) : undefined;
    const found = reference === undefined || repository === undefined ? [] : [{ remedy, words, reference, repository }];
    return {
      found: found.map((each) => (digest === undefined ? each : { ...each, digest })),
      wrong: wrong.map((each): Problem => ({ ...each, file, line, column: 1 })),
    };
  });
  const errors = [...problems, ...read.flatMap(({ wrong }) => wrong)].filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw badInput('--workloads', errors);
  return read.flatMap(({ found }) => found);
}

/**
 * What is asked for an image: by the first workload that names it, by the lock's key, tag or digest; else by the first
 * that names another tag of its repository. Undefined where none does.
 */
export function remedyOf(declared: readonly Declared[], scope: ImageScope, locked: LockedImage | undefined): ImageRemedy | undefined {
  const exact = ({ reference, digest }: Declared) =>
    reference === locked?.reference ||
    scope.names?.includes(reference) === true ||
    (digest !== undefined && scope.digests.includes(digest));
  const found = declared.find(exact) ?? declared.find(({ repository }) => scope.repositories.includes(repository));
  return found && { remedy: found.remedy, words: found.words };
}

/** Package URLs of what a distribution installs. */
const DISTRIBUTION = /^pkg:(?:apk|deb|rpm|alpm)\//;

/** How a finding's package is brought to a fixed version, to be put behind what to do. */
export function means({ remedy }: ImageRemedy, { purls }: { readonly purls?: readonly string[] }): string {
  const application = purls !== undefined && purls.length > 0 && !purls.some((purl) => DISTRIBUTION.test(purl));
  if (remedy === 'update') return ' with a newer tag of the image';
  if (remedy === 'copa')
    return application ? ' with a newer tag of the image: Copa leaves it as it is' : ' by patching the image with Copa';
  return application ? ' where it is declared, and build the image again' : ' by building the image again on a fixed base';
}
