import { dockerCredentials } from '../agent/registry/docker-login.js';
import { type RegistryClient, registryClient } from '../agent/registry.js';
import { releaseOf } from '../lock/release.js';
import type { Upstream } from '../lock/update.js';
import { isPatchwayError } from '../problem.js';
import type { Io } from './io.js';

/** What a registry says about `repository:tag`, or why it does not. */
export type Answer = { readonly upstream: Upstream } | { readonly failure: string };

/** How many references are resolved at the same time. */
const PARALLEL = 8;

/** A client that signs in as `docker login` does. */
export function clientFor(io: Io): RegistryClient {
  return registryClient({ credentials: dockerCredentials(io.env) });
}

/** Asks for every image (`repository:tag`), each once; a failure concerns that image alone. */
export async function resolveAll(images: Iterable<string>, client: RegistryClient, now: number): Promise<ReadonlyMap<string, Answer>> {
  const waiting = [...new Set(images)];
  const answers = new Map<string, Answer>();
  const work = async () => {
    for (let image = waiting.shift(); image !== undefined; image = waiting.shift()) answers.set(image, await ask(image, client, now));
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  return answers;
}

async function ask(image: string, client: RegistryClient, now: number): Promise<Answer> {
  try {
    const { digest, platforms } = await client.resolve(image);
    const repository = image.slice(0, image.lastIndexOf(':'));
    const release = releaseOf(await client.metadata(`${repository}@${digest}`), now);
    return { upstream: { tag: image.slice(repository.length + 1), digest, platforms, ...release } };
  } catch (error) {
    if (isPatchwayError(error)) return { failure: error.message };
    throw error;
  }
}
