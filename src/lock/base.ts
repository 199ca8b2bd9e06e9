import { parseReference, type Reference } from './reference.js';

/** The image that an image was built on, as somebody named it. */
export interface NamedBase {
  readonly repository: string;
  /** Absent where it is named by digest alone: then there is nothing to follow. */
  readonly tag?: string;
  /** The digest that was built on, an index's or one platform's, where somebody says. */
  readonly digest?: string;
  /** Who named it: an annotation of the workload, or one or a label of the image. */
  readonly from: 'workload' | 'annotation' | 'label';
}

/** What an image says of itself. */
export interface BaseClues {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** What a base's tag means in the registry now. */
export interface NewestBase {
  readonly digest: string;
  /** Empty where the digest is not an index. */
  readonly platforms: Readonly<Record<string, string>>;
  /** Digests of the unpacked layers, from the lowest. */
  readonly layers?: readonly string[];
}

/** `current`: built on what the base's tag means now; `behind`: on something else; `unknown`: nobody can tell. */
export type BaseState = 'current' | 'behind' | 'unknown';

/** What became of looking at an image's base. */
export interface BaseCheck {
  readonly base: NamedBase;
  readonly state: BaseState;
  /** Why it is unknown. */
  readonly why?: string;
  /** RFC 3339: when the base in use was released, where that is known. */
  readonly releasedAt?: string;
  /** What the base's tag means now. */
  readonly newest?: { readonly digest: string; readonly releasedAt?: string };
}

/** @see https://github.com/opencontainers/image-spec/blob/main/annotations.md */
const NAME = 'org.opencontainers.image.base.name';
const DIGEST = 'org.opencontainers.image.base.digest';

/**
 * The base of an image: what the workload says, else the image's annotations, else its labels, which an image inherits
 * from its base and so may be about that one's. Undefined where nobody says, and for `scratch`, which is nothing.
 * @param declared what the workload says: `alpine:3.19`
 */
export function namedBase({ labels, annotations }: BaseClues, declared?: string): NamedBase | undefined {
  const stated = statedBase(annotations, 'annotation') ?? statedBase(labels, 'label');
  if (declared === undefined) return stated;
  const reference = baseReference(declared);
  if (reference === undefined) return undefined;
  const { repository, tag, digest } = reference;
  const same = stated?.repository === repository && stated.tag === tag;
  return named(repository, tag, digest ?? (same ? stated.digest : undefined), 'workload');
}

/** What can be a base: undefined for `scratch` and for what is no reference. */
export function baseReference(text: string): Reference | undefined {
  return text === 'scratch' ? undefined : parseReference(text);
}

/** A base as people name it. */
export function baseName({ repository, tag, digest }: NamedBase): string {
  return tag === undefined ? `${repository}@${digest ?? ''}` : `${repository}:${tag}`;
}

/**
 * Whether an image is built on what its base's tag means now. Either proof will do: the digest that it names, or its
 * layers, which begin with the base's. So a base that was pushed again with the same contents leaves nobody behind.
 * @param layers the image's own, of the platform that `newest.layers` are of
 */
export function baseState({ digest }: NamedBase, layers: readonly string[] | undefined, newest: NewestBase): BaseState {
  if (digest !== undefined && [newest.digest, ...Object.values(newest.platforms)].includes(digest)) return 'current';
  const comparable = layers !== undefined && newest.layers !== undefined && newest.layers.length > 0;
  if (comparable && newest.layers.every((layer, index) => layers[index] === layer)) return 'current';
  return comparable || digest !== undefined ? 'behind' : 'unknown';
}

function statedBase(values: Readonly<Record<string, string>>, from: NamedBase['from']): NamedBase | undefined {
  const reference = baseReference(values[NAME] ?? 'scratch');
  const digest = reference?.digest ?? digestIn(values[DIGEST]);
  return reference && named(reference.repository, reference.tag, digest, from);
}

function digestIn(text: string | undefined): string | undefined {
  return text !== undefined && /^sha256:[0-9a-f]{64}$/.test(text) ? text : undefined;
}

function named(repository: string, tag: string | undefined, digest: string | undefined, from: NamedBase['from']): NamedBase {
  return { repository, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }), from };
}
