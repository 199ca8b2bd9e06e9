import type { SnapshotSerializer } from 'vitest';
import { dig } from './manifest/dig.js';
import type { Manifest } from './manifest/manifest.js';
import { yamlLibrary } from './yaml-library.js';

const AGENT_NAME = /patchway-agent-[0-9a-f]{8}\b/g;
const ELIDED = '(bundle)';
/** The bundle in YAML text: its key, and the deeper or empty lines that follow. */
const AGENT_FIELD = /^( *)("?agent\.mjs"?:)(?! \(bundle\)$).*(?:\n(?:\1 +.*|(?=\n)))*/gm;

/**
 * Text of manifests without the agent's bundle and its hash, the one thing in them that changes with every release of Patchway.
 */
export function elideBundle(text: string): string {
  return text.replace(AGENT_FIELD, `$1$2 ${ELIDED}`).replace(AGENT_NAME, `patchway-agent-${ELIDED}`);
}

/**
 * A snapshot serializer that leaves out the agent's bundle and its hash: `expect.addSnapshotSerializer(bundleSerializer)`.
 * It works on objects and on YAML text.
 */
export const bundleSerializer: SnapshotSerializer = {
  test: (value: unknown) => withoutBundle(value) !== value,
  serialize: (value: unknown, config, indentation, depth, refs, printer) => printer(withoutBundle(value), config, indentation, depth, refs),
};

/** The value itself where it neither is a bundle nor names one. */
function withoutBundle(value: unknown): unknown {
  if (typeof value === 'string') return elideBundle(value);
  if (typeof value !== 'object' || value === null || !('agent.mjs' in value) || value['agent.mjs'] === ELIDED) return value;
  return { ...value, 'agent.mjs': ELIDED };
}

/** Which manifest is meant. */
export interface ManifestName {
  readonly kind: string;
  readonly name: string;
  /** @default any */
  readonly namespace?: string;
}

interface Matching {
  readonly equals: (a: unknown, b: unknown, customTesters?: never[]) => boolean;
}

interface Result {
  readonly pass: boolean;
  readonly message: () => string;
}

/** Matchers for what synthesis gives, as objects or as YAML text: `expect.extend(matchers)`. */
export const matchers = {
  /** There is a manifest of this kind and name; with `fields`, it has at least these. */
  toContainManifest(this: Matching, received: unknown, wanted: ManifestName, fields: object = {}): Result {
    const all = manifestsIn(received);
    const named = all.filter((m) => isNamed(m, wanted));
    const pass = named.some((m) => contains(m, fields, (a, b) => this.equals(a, b)));
    const title = `${wanted.kind}/${wanted.name}${wanted.namespace === undefined ? '' : ` in ${wanted.namespace}`}`;
    const found = named.length > 0 ? JSON.stringify(named, undefined, 2) : all.map((m) => `${m.kind}/${m.metadata.name}`).join(', ');
    return { pass, message: () => `expected ${pass ? 'no ' : ''}${title} with ${JSON.stringify(fields)}; there is ${found || 'nothing'}` };
  },

  /** Every container runs an image that is named by its digest. */
  toRunLockedImages(this: Matching, received: unknown): Result {
    const loose = manifestsIn(received)
      .flatMap(imagesOf)
      .filter((image) => !/@sha256:[0-9a-f]{64}$/.test(image));
    const pass = loose.length === 0;
    return { pass, message: () => (pass ? 'expected an image without a digest' : `expected digests; without one: ${loose.join(', ')}`) };
  },
};

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: the declaration that is added to has this type parameter.
  interface Matchers<T = any> {
    toContainManifest(wanted: ManifestName, fields?: object): T;
    toRunLockedImages(): T;
  }
}

function manifestsIn(received: unknown): readonly Manifest[] {
  const values: unknown[] =
    typeof received === 'string'
      ? [yamlLibrary().parseAllDocuments(received)].flat().map((document) => ('toJS' in document ? document.toJS() : document))
      : [received].flat();
  return values.filter(
    (value): value is Manifest => typeof dig(value, 'kind') === 'string' && typeof dig(value, 'metadata', 'name') === 'string',
  );
}

function isNamed({ kind, metadata }: Manifest, wanted: ManifestName): boolean {
  return kind === wanted.kind && metadata.name === wanted.name && (wanted.namespace ?? metadata.namespace) === metadata.namespace;
}

/** Whether `value` has at least what `part` has; lists are compared whole. */
function contains(value: unknown, part: unknown, equals: (a: unknown, b: unknown) => boolean): boolean {
  const isMap = typeof part === 'object' && part !== null && !Array.isArray(part) && !('asymmetricMatch' in part);
  if (!isMap) return equals(value, part);
  return Object.entries(part).every(([key, inner]) => contains(dig(value, key), inner, equals));
}

function imagesOf(manifest: Manifest): readonly string[] {
  const pod = dig(manifest, 'spec', 'jobTemplate', 'spec', 'template', 'spec') ?? dig(manifest, 'spec', 'template', 'spec');
  const containers = [dig(pod, 'initContainers'), dig(pod, 'containers')].flat();
  return containers.map((container) => dig(container, 'image')).filter((image) => typeof image === 'string');
}
