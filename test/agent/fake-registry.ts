import { createHash } from 'node:crypto';
import { type Answer, serve, type TestServer } from './server.js';

export const sha256 = (bytes: Buffer | string) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';

export interface FakeRegistry extends TestServer {
  readonly blobs: Map<string, Buffer>;
  /** By tag and by digest. */
  readonly manifests: Map<string, { readonly type: string; readonly bytes: Buffer }>;
  /** Stores an image and returns its digest; `content` tells images apart. */
  image(
    content: string,
    options?: {
      type?: string;
      created?: string;
      labels?: Record<string, string>;
      annotations?: Record<string, string>;
      /** Digests of unpacked layers. */
      layers?: readonly string[];
      /** Operating system and architecture, as the configuration has them. */
      system?: object;
    },
  ): string;
  /** Stores an index and returns its digest. */
  index(entries: readonly { digest: string; platform?: object; annotations?: object }[], annotations?: Record<string, string>): string;
  tag(name: string, digest: string): void;
  /** Answers instead of the registry where it returns true. */
  fault: (...args: Parameters<Answer>) => boolean;
}

/** A registry in this process that holds one repository under any name. */
export async function fakeRegistry(): Promise<FakeRegistry> {
  const blobs = new Map<string, Buffer>();
  const manifests: FakeRegistry['manifests'] = new Map();
  const server = await serve((request, response, body) => {
    if (registry.fault(request, response, body)) return;
    const [, kind, name = ''] = /\/(manifests|blobs)\/([^/?]+)$/.exec(request.url ?? '') ?? [];
    const manifest = kind === 'manifests' ? manifests.get(name) : undefined;
    const blob = kind === 'blobs' ? blobs.get(name) : undefined;
    if (manifest)
      response.writeHead(200, { 'content-type': manifest.type, 'docker-content-digest': sha256(manifest.bytes) }).end(manifest.bytes);
    else if (blob) response.end(blob);
    else if (request.url === '/v2/') response.end('{}');
    else response.writeHead(404, { 'content-type': 'application/json' }).end('{"errors":[]}');
  });
  const blob = (bytes: Buffer) => {
    blobs.set(sha256(bytes), bytes);
    return { digest: sha256(bytes), size: bytes.length };
  };
  const manifest = (type: string, value: object) => {
    const bytes = Buffer.from(JSON.stringify(value));
    manifests.set(sha256(bytes), { type, bytes });
    return sha256(bytes);
  };
  const registry: FakeRegistry = {
    ...server,
    blobs,
    manifests,
    fault: () => false,
    image: (content, { type = OCI_MANIFEST, created, labels, annotations, layers, system } = {}) => {
      const rootfs = layers && { type: 'layers', diff_ids: layers };
      const config = blob(Buffer.from(JSON.stringify({ created, config: { Labels: labels }, rootfs, ...system, content })));
      const layer = blob(Buffer.from(`layer ${content}`));
      const descriptor = (kind: string, of: { digest: string; size: number }) => ({ mediaType: `application/vnd.test.${kind}`, ...of });
      return manifest(type, {
        schemaVersion: 2,
        mediaType: type,
        config: descriptor('config', config),
        layers: [descriptor('layer', layer)],
        annotations,
      });
    },
    index: (entries, annotations) =>
      manifest(OCI_INDEX, {
        schemaVersion: 2,
        mediaType: OCI_INDEX,
        manifests: entries.map(({ digest, ...more }) => ({
          mediaType: OCI_MANIFEST,
          digest,
          size: manifests.get(digest)?.bytes.length ?? 1,
          ...more,
        })),
        annotations,
      }),
    tag: (name, digest) => {
      const found = manifests.get(digest);
      if (found === undefined) throw new Error(`no manifest ${digest}`);
      manifests.set(name, found);
    },
  };
  return registry;
}
