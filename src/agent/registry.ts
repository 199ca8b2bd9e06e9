import { parseReference, type Reference } from '../lock/reference.js';
import type { ImageSignature } from '../lock/signatures.js';
import { PatchwayError } from '../problem.js';
import { type ConnectionOptions, connection, jsonOf } from './registry/connection.js';
import { recordOf } from './registry/credentials.js';
import { writeLayout } from './registry/layout.js';
import {
  ACCEPTED,
  digestOf,
  type ImageIndex,
  type ImageManifest,
  imageFor,
  platformsOf,
  readConfig,
  readManifest,
} from './registry/manifest.js';

export { anonymous, type Credential, type Credentials, credentialsFrom } from './registry/credentials.js';

export type RegistryOptions = ConnectionOptions;

/** What a reference means in the registry now. */
export interface ResolvedImage {
  /** `sha256:…`: the index's where there is one. */
  readonly digest: string;
  readonly mediaType: string;
  /** Digest per platform; empty where `digest` is a single image. */
  readonly platforms: Readonly<Record<string, string>>;
}

/** What an image says about itself. */
export interface ImageMetadata {
  /** As the configuration has it; builds that are reproducible write 1970 or 1980 there. */
  readonly created?: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Of the index, of the image in it, and of the image's manifest. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Digests of the unpacked layers, from the lowest. */
  readonly layers?: readonly string[];
  /** The platform that was looked at: `linux/amd64`. */
  readonly platform?: string;
}

export interface PulledImage extends ResolvedImage {
  /** The digest of the one image that was written. */
  readonly imageDigest: string;
  readonly bytes: number;
}

/** What one image consists of, for a program that fetches it by itself. */
export interface ImageLayers {
  /** The digest of the one image, never of an index. */
  readonly digest: string;
  /** From the lowest; the headers carry the registry's permission, so they are secret and last some minutes. */
  readonly layers: readonly { readonly digest: string; readonly url: string; readonly headers: Readonly<Record<string, string>> }[];
}

/** References are as people write them: `nginx`, `ghcr.io/acme/web:1.4`, `…@sha256:…`. Every method throws `PatchwayError`. */
export interface RegistryClient {
  /** The digest of a tag, or a check that a digest is there; computed from what the registry sent, not from what it claims. */
  resolve(reference: string): Promise<ResolvedImage>;
  /** @param platform of an index, the image to look at. @default linux/amd64, else the first */
  metadata(reference: string, platform?: string): Promise<ImageMetadata>;
  /** All tags of the repository, in the registry's order. */
  tags(reference: string): Promise<readonly string[]>;
  /**
   * Writes the image of one platform as an OCI image layout that Trivy (`image --input`) and Grype (`oci-dir:`) read.
   * A directory that is there already is replaced once everything has been verified.
   * @param reference with a digest
   */
  pullToLayout(reference: string, directory: string, platform: string): Promise<PulledImage>;
  /**
   * What cosign has stored beside an image under the tag `sha256-<hex>.sig`; nothing of it is verified.
   * @param reference with a digest
   */
  signatures(reference: string): Promise<readonly ImageSignature[]>;
  /** @param platform of an index, the image to look at */
  layers(reference: string, platform: string): Promise<ImageLayers>;
}

const MAX_MANIFEST = 4 * 2 ** 20;
const MAX_CONFIG = 16 * 2 ** 20;
const MAX_TAG_PAGES = 1000;

/** A client for OCI registries: resolves references, lists tags and fetches images. */
export function registryClient(options: RegistryOptions): RegistryClient {
  const registry = connection(options);

  const fetchManifest = async (reference: Reference, name: string) => {
    const wanted = reference.digest ?? reference.tag ?? 'latest';
    const response = await registry.get(reference, `manifests/${wanted}`, { accept: ACCEPTED, maxBytes: MAX_MANIFEST });
    const digest = digestOf(response.body);
    const claimed = reference.digest ?? response.headers['docker-content-digest'];
    if (claimed !== undefined && claimed !== digest) {
      throw new PatchwayError(
        `${name}: the registry sent ${digest} for ${String(claimed)}: it was not used. Something between here and the registry changes answers.`,
      );
    }
    return { digest, bytes: response.body, manifest: readManifest(response.body, response.headers['content-type'], name) };
  };

  const fetchImage = async (reference: Reference, index: ImageIndex, platform: string, name: string) => {
    const { digest, annotations } = imageFor(index, platform, name);
    const fetched = await fetchManifest({ ...reference, digest }, `${name} (${platform})`);
    const manifest = imageOnly(fetched.manifest, name);
    return { ...fetched, manifest: { ...manifest, annotations: { ...annotations, ...manifest.annotations } } };
  };

  const imageOf = async (reference: Reference, top: Awaited<ReturnType<typeof fetchManifest>>, platform: string, name: string) => {
    const { manifest } = top;
    return manifest.kind === 'image' ? { ...top, manifest } : fetchImage(reference, manifest, platform, name);
  };

  return {
    async resolve(text) {
      const fetched = await fetchManifest(taken(text), text);
      return summary(fetched);
    },
    async metadata(text, platform) {
      const reference = taken(text);
      const top = await fetchManifest(reference, text);
      const image =
        top.manifest.kind === 'image'
          ? top.manifest
          : (await fetchImage(reference, top.manifest, platform ?? usual(top.manifest), text)).manifest;
      const { digest } = image.config;
      const config = await registry.get(reference, `blobs/${digest}`, { maxBytes: MAX_CONFIG });
      if (digestOf(config.body) !== digest)
        throw new PatchwayError(`${text}: its configuration does not have the digest ${digest}: it was not used.`);
      return { ...readConfig(config.body, text), annotations: { ...top.manifest.annotations, ...image.annotations } };
    },
    async tags(text) {
      const reference = taken(text);
      const found: string[] = [];
      let path: string | undefined = 'tags/list?n=1000';
      for (let pages = 0; path !== undefined && pages < MAX_TAG_PAGES; pages += 1) {
        const response = await registry.get(reference, path, { maxBytes: MAX_CONFIG });
        const { tags } = recordOf(jsonOf(response, reference));
        if (Array.isArray(tags)) found.push(...tags.filter((tag): tag is string => typeof tag === 'string'));
        path = nextPage(response.headers.link);
      }
      return found;
    },
    async pullToLayout(text, directory, platform) {
      const reference = taken(text);
      if (reference.digest === undefined) throw new PatchwayError(`${text}: name the image by its digest (repository@sha256:…).`);
      const top = await fetchManifest(reference, text);
      const image = await imageOf(reference, top, platform, text);
      const bytes = await writeLayout(registry, reference, image, directory);
      return { ...summary(top), imageDigest: image.digest, bytes };
    },
    async signatures(text) {
      const { repository, digest = '' } = taken(text);
      const tagged = taken(`${repository}:${digest.replace(':', '-')}.sig`);
      const { manifest } = await fetchManifest(tagged, text);
      const found = imageOnly(manifest, text).layers.map(async ({ digest: blob, annotations }) => {
        const { body } = await registry.get(tagged, `blobs/${blob}`, { maxBytes: MAX_CONFIG });
        return { payload: body, signature: annotations?.['dev.cosignproject.cosign/signature'] ?? '' };
      });
      return Promise.all(found);
    },
    async layers(text, platform) {
      const reference = taken(text);
      const { digest, manifest } = await imageOf(reference, await fetchManifest(reference, text), platform, text);
      const found = manifest.layers.map(async (layer) => ({
        digest: layer.digest,
        ...(await registry.address(reference, `blobs/${layer.digest}`)),
      }));
      return { digest, layers: await Promise.all(found) };
    },
  };
}

function taken(text: string): Reference {
  const reference = parseReference(text);
  if (reference !== undefined) return reference;
  throw new PatchwayError(`${JSON.stringify(text)} is not an image reference. Write it like ghcr.io/acme/web:1.4.`, { exitCode: 65 });
}

function summary({ digest, manifest }: { readonly digest: string; readonly manifest: ImageManifest | ImageIndex }): ResolvedImage {
  return { digest, mediaType: manifest.mediaType, platforms: manifest.kind === 'index' ? platformsOf(manifest) : {} };
}

function usual(index: ImageIndex): string {
  const platforms = Object.keys(platformsOf(index));
  return platforms.find((p) => p === 'linux/amd64') ?? platforms[0] ?? 'linux/amd64';
}

function imageOnly(manifest: ImageManifest | ImageIndex, name: string): ImageManifest {
  if (manifest.kind === 'image') return manifest;
  throw new PatchwayError(`${name}: an index within an index is not an image.`);
}

/** The query of a `Link: <…>; rel="next"`; only the query is used, so that no answer leads elsewhere. */
function nextPage(link: string | string[] | undefined): string | undefined {
  const target = /<([^>]*)>\s*;[^,]*rel="?next"?/i.exec([link ?? ''].flat().join(','))?.[1];
  const query = target?.includes('?') ? target.slice(target.indexOf('?')) : undefined;
  return query === undefined ? undefined : `tags/list${query}`;
}
