import { type BaseCheck, baseName, baseState, type NamedBase, namedBase } from '../../lock/base.js';
import { parseReference } from '../../lock/reference.js';
import { releaseOf } from '../../lock/release.js';
import { isPatchwayError, PatchwayError } from '../../problem.js';
import type { ImageMetadata, RegistryClient } from '../registry.js';
import { isPrivate } from './connection.js';

type Client = Pick<RegistryClient, 'resolve' | 'metadata'>;

/**
 * Looks an image's base up in its registry; undefined where nobody names one.
 * @param image with a digest
 * @param declared what the workload says its base is
 * @param now epoch milliseconds
 * @throws PatchwayError where the image or its base cannot be asked for
 */
export async function checkBase(client: Client, image: string, declared: string | undefined, now: number): Promise<BaseCheck | undefined> {
  const own = await client.metadata(image);
  const base = namedBase(own, declared);
  if (base === undefined) return undefined;
  if (leadsAstray(base, image)) return { base, state: 'unknown', why: 'the image names a private address: let the workload name it' };
  if (base.tag === undefined) {
    const releasedAt = await releaseOfUsed(client, base, own, now);
    return { base, state: 'unknown', why: 'it is named without a tag', ...(releasedAt === undefined ? {} : { releasedAt }) };
  }
  const { digest, platforms } = await asked(() => client.resolve(baseName(base)));
  const about = await asked(() => client.metadata(`${base.repository}@${digest}`, own.platform));
  const state = baseState(base, own.layers, { digest, platforms, ...(about.layers === undefined ? {} : { layers: about.layers }) });
  const newestReleasedAt = dateOf(about, now);
  const releasedAt = state === 'current' ? newestReleasedAt : await releaseOfUsed(client, base, own, now);
  return {
    base,
    state,
    ...(state === 'unknown' ? { why: 'neither digest nor layers of the image tell' } : {}),
    ...(releasedAt === undefined ? {} : { releasedAt }),
    newest: { digest, ...(newestReleasedAt === undefined ? {} : { releasedAt: newestReleasedAt }) },
  };
}

/** What an image says may come from anybody: it leads to no private address but that of its own registry. */
function leadsAstray({ from, repository }: NamedBase, image: string): boolean {
  const registry = parseReference(repository)?.registry ?? '';
  return from !== 'workload' && isPrivate(registry) && registry !== parseReference(image)?.registry;
}

/** When the base that was built on was released; it may be gone from the registry since. */
async function releaseOfUsed(client: Client, { repository, digest }: NamedBase, own: ImageMetadata, now: number) {
  if (digest === undefined) return undefined;
  return client.metadata(`${repository}@${digest}`, own.platform).then(
    (metadata) => dateOf(metadata, now),
    (error: unknown) => {
      if (isPatchwayError(error)) return undefined;
      throw error;
    },
  );
}

function dateOf(metadata: ImageMetadata, now: number): string | undefined {
  const { releasedAt, releasedFrom } = releaseOf(metadata, now);
  return releasedFrom === 'firstSeen' ? undefined : releasedAt;
}

async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw isPatchwayError(error) ? new PatchwayError(`base ${error.message}`, { exitCode: error.exitCode, cause: error }) : error;
  }
}
