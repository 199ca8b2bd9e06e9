import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Reference } from '../../lock/reference.js';
import { PatchwayError } from '../../problem.js';
import type { Connection } from './connection.js';
import type { Descriptor, ImageManifest } from './manifest.js';

/** A manifest as the registry sent it, its digest already verified. */
export interface VerifiedManifest {
  readonly digest: string;
  readonly bytes: Buffer;
  readonly manifest: ImageManifest;
}

/** How many blobs are fetched at the same time. */
const PARALLEL = 3;

/**
 * Writes an OCI image layout of one image. It is built beside `directory` and renamed at the end, so that what is at
 * `directory` is complete or absent. Every blob's size and digest are verified while it is written.
 * @returns how many bytes the blobs have
 */
export async function writeLayout(
  connection: Connection,
  reference: Reference,
  image: VerifiedManifest,
  directory: string,
): Promise<number> {
  const partial = `${directory}.partial-${process.pid}`;
  const blobs = join(partial, 'blobs', 'sha256');
  const contents = new Map([image.manifest.config, ...image.manifest.layers].map((d) => [d.digest, d]));
  try {
    await rm(partial, { recursive: true, force: true });
    await mkdir(blobs, { recursive: true });
    await fetchAll([...contents.values()], (blob) => fetchBlob(connection, reference, blob, blobs));
    await writeFile(join(blobs, hex(image.digest)), image.bytes);
    await writeFile(join(partial, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
    const entry = { mediaType: image.manifest.mediaType, digest: image.digest, size: image.bytes.length };
    const index = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [entry] };
    await writeFile(join(partial, 'index.json'), JSON.stringify(index));
    await rm(directory, { recursive: true, force: true });
    await rename(partial, directory);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
  return [...contents.values()].reduce((sum, { size }) => sum + size, image.bytes.length);
}

async function fetchBlob(connection: Connection, reference: Reference, blob: Descriptor, directory: string): Promise<void> {
  const fetched = await connection.download(reference, `blobs/${blob.digest}`, join(directory, hex(blob.digest)), blob.size);
  if (fetched.size !== blob.size) {
    throw new PatchwayError(
      `${reference.repository}: blob ${blob.digest} has ${fetched.size} bytes instead of ${blob.size}. Push the image again.`,
    );
  }
  if (fetched.digest !== blob.digest) {
    throw new PatchwayError(
      `${reference.repository}: what came for blob ${blob.digest} has digest ${fetched.digest ?? 'none'}: it was not used.`,
    );
  }
}

/** Runs `fetch` for all, a few at a time; on the first failure no more are started, and those under way are waited for. */
async function fetchAll(blobs: readonly Descriptor[], fetch: (blob: Descriptor) => Promise<void>): Promise<void> {
  const waiting = [...blobs];
  const work = async () => {
    for (let blob = waiting.shift(); blob !== undefined; blob = waiting.shift()) {
      try {
        await fetch(blob);
      } catch (error) {
        waiting.length = 0;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: PARALLEL }, work));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

function hex(digest: string): string {
  return digest.slice('sha256:'.length);
}
