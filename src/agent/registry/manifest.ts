import { createHash } from 'node:crypto';
import { PatchwayError } from '../../problem.js';
import { recordOf } from './credentials.js';

/** A pointer to a blob or manifest, as OCI and Docker write it. */
export interface Descriptor {
  readonly mediaType: string;
  /** `sha256:` and 64 hex digits. */
  readonly digest: string;
  readonly size: number;
  /** `linux/amd64`, `linux/arm/v7`; only in an index. */
  readonly platform?: string;
  /** What an index says of one of its images. */
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface ImageManifest {
  readonly kind: 'image';
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly annotations: Readonly<Record<string, string>>;
}

export interface ImageIndex {
  readonly kind: 'index';
  readonly mediaType: string;
  /** Only the images: attestations and the like are left out. */
  readonly manifests: readonly Descriptor[];
  readonly annotations: Readonly<Record<string, string>>;
}

const INDEX = ['application/vnd.oci.image.index.v1+json', 'application/vnd.docker.distribution.manifest.list.v2+json'];
const IMAGE = ['application/vnd.oci.image.manifest.v1+json', 'application/vnd.docker.distribution.manifest.v2+json'];

/** What Patchway can read: OCI's and Docker's images and lists of images. */
export const ACCEPTED = [...INDEX, ...IMAGE].join(', ');

const DIGEST = /^sha256:[0-9a-f]{64}$/;

export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/**
 * Reads a manifest or an index; nothing in it is trusted.
 * @throws with `name` where it is neither, or a digest or size in it is malformed
 */
export function readManifest(body: Buffer, contentType: string | undefined, name: string): ImageManifest | ImageIndex {
  const value = parse(body, name);
  const mediaType = typeof value.mediaType === 'string' ? value.mediaType : (contentType?.split(';', 1)[0] ?? '').trim();
  const annotations = strings(value.annotations);
  if (INDEX.includes(mediaType) || (!IMAGE.includes(mediaType) && Array.isArray(value.manifests))) {
    const manifests = listOf(value.manifests).map((entry) => descriptor(entry, name));
    return {
      kind: 'index',
      mediaType: INDEX.includes(mediaType) ? mediaType : (INDEX[0] ?? ''),
      annotations,
      manifests: manifests.filter(isImage),
    };
  }
  if (value.config === undefined || !Array.isArray(value.layers)) {
    throw new PatchwayError(
      `${name}: the registry answered a manifest of type ${JSON.stringify(mediaType)}, which is not an image. Push it as an OCI or Docker (schema 2) image.`,
    );
  }
  return {
    kind: 'image',
    mediaType: IMAGE.includes(mediaType) ? mediaType : (IMAGE[0] ?? ''),
    annotations,
    config: descriptor(value.config, name),
    layers: value.layers.map((layer: unknown) => descriptor(layer, name)),
  };
}

/** Digest per platform; the first where a platform is named twice. */
export function platformsOf({ manifests }: ImageIndex): Readonly<Record<string, string>> {
  const platforms: Record<string, string> = {};
  for (const { platform, digest } of manifests) if (platform !== undefined) platforms[platform] ??= digest;
  return platforms;
}

/**
 * The image of an index for a platform; a variant that was not asked for is taken where there is no other.
 * @throws with the platforms there are
 */
export function imageFor(index: ImageIndex, platform: string, name: string): Descriptor {
  const exact = index.manifests.find((m) => m.platform === platform);
  const found = exact ?? index.manifests.find((m) => m.platform?.startsWith(`${platform}/`));
  if (found !== undefined) return found;
  const there = Object.keys(platformsOf(index)).join(', ') || 'none';
  throw new PatchwayError(`${name}: no image for ${platform} (platforms: ${there}).`);
}

/** What an image's configuration says. */
export interface ImageConfig {
  readonly created?: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Digests of the unpacked layers, from the lowest. */
  readonly layers?: readonly string[];
  /** `linux/amd64`. */
  readonly platform?: string;
}

/** What an image's configuration says about itself. */
export function readConfig(body: Buffer, name: string): ImageConfig {
  const { created, config, rootfs, ...system } = parse(body, name);
  const layers = recordOf(rootfs).diff_ids;
  const platform = platformName(system);
  return {
    labels: strings(recordOf(config).Labels),
    ...(typeof created === 'string' ? { created } : {}),
    ...(Array.isArray(layers) && layers.every((layer) => typeof layer === 'string') ? { layers } : {}),
    ...(platform === undefined ? {} : { platform }),
  };
}

function parse(body: Buffer, name: string): Readonly<Record<string, unknown>> {
  try {
    return recordOf(JSON.parse(body.toString('utf8')));
  } catch {
    throw new PatchwayError(`${name}: the registry answered something that is not JSON. Is it a registry, or a page in front of it?`);
  }
}

function descriptor(value: unknown, name: string): Descriptor {
  const { mediaType, digest, size, platform, annotations } = recordOf(value);
  if (typeof digest !== 'string' || !DIGEST.test(digest)) {
    throw new PatchwayError(`${name}: its manifest names a malformed digest, ${JSON.stringify(digest)}. Only sha256 is read.`);
  }
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw new PatchwayError(`${name}: its manifest names a malformed size, ${JSON.stringify(size)}, for ${digest}.`);
  }
  const says = strings(annotations);
  const where = says['vnd.docker.reference.type'] === undefined ? platformName(recordOf(platform)) : undefined;
  return {
    mediaType: typeof mediaType === 'string' ? mediaType : '',
    digest,
    size,
    ...(where === undefined ? {} : { platform: where }),
    ...(Object.keys(says).length === 0 ? {} : { annotations: says }),
  };
}

/** arm64 has one variant in practice, v8, which is left out as containerd does. */
function platformName({ os, architecture, variant }: Readonly<Record<string, unknown>>): string | undefined {
  if (typeof os !== 'string' || typeof architecture !== 'string' || os === 'unknown') return undefined;
  const plain = typeof variant !== 'string' || variant === '' || (architecture === 'arm64' && variant === 'v8');
  return plain ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}

function isImage({ platform, mediaType }: Descriptor): boolean {
  return platform !== undefined && (mediaType === '' || IMAGE.includes(mediaType));
}

function strings(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(recordOf(value)).filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
