import type { Reference } from '../../lock/reference.js';
import type { ScanTarget } from '../../manifest/stage-config.js';
import type { ScanPolicy } from '../../policy/policy.js';
import { isPatchwayError, PatchwayError } from '../../problem.js';
import { anonymous, type Credentials, credentialsFrom } from '../registry/credentials.js';
import type { RegistryClient } from '../registry.js';

/** What a scan asks of a registry. */
export type PodRegistry = Pick<RegistryClient, 'resolve' | 'pullToLayout' | 'layers'>;

/** What there is to be let in with. */
export interface PullKeys {
  /** In the order in which they are tried. */
  readonly keys: readonly { readonly secret: string; readonly credentials: Credentials }[];
  /** Secrets that workloads name and that are not there. */
  readonly missing: readonly string[];
}

/**
 * The Secrets that know a repository: those of the workloads that run it, then the policy's.
 * @param read the `config.json` of a Secret; undefined where it is not there
 * @throws where the policy's own Secret is missing. A workload's may be, as for the kubelet.
 */
export async function pullKeys(
  { registrySecret }: Pick<ScanPolicy, 'registrySecret'>,
  { pullSecrets = [] }: Pick<ScanTarget, 'pullSecrets'>,
  image: Reference,
  read: (secret: string) => Promise<string | undefined>,
): Promise<PullKeys> {
  const own = pullSecrets.filter((secret) => secret !== registrySecret);
  const keys: PullKeys['keys'][number][] = [];
  const missing: string[] = [];
  for (const secret of [...own, ...(registrySecret === undefined ? [] : [registrySecret])]) {
    const docker = await read(secret);
    if (docker === undefined && secret === registrySecret) throw new PatchwayError(noSecret(secret));
    if (docker === undefined) missing.push(secret);
    const credentials = docker === undefined ? anonymous : credentialsFrom(docker, `Secret ${secret}`);
    if ((await credentials(image)) !== undefined) keys.push({ secret, credentials });
  }
  return { keys, missing };
}

/** A registry that is asked with one key after the other until it answers, as the kubelet does; without any, anonymously. */
export function openedBy({ keys, missing }: PullKeys, client: (credentials: Credentials) => PodRegistry): PodRegistry {
  const clients = (keys.length === 0 ? [anonymous] : keys.map(({ credentials }) => credentials)).map(client);
  const tried = keys.length > 1 ? [`Tried with the Secrets ${keys.map(({ secret }) => secret).join(', ')}.`] : [];
  const notes = [
    ...tried,
    ...missing.map((secret) => `A workload pulls with the Secret ${secret}, which is not there with the key .dockerconfigjson.`),
  ];

  const first = async <T>(ask: (registry: PodRegistry) => Promise<T>): Promise<T> => {
    let refusal: PatchwayError | undefined;
    for (const registry of clients) {
      try {
        return await ask(registry);
      } catch (error) {
        if (!isPatchwayError(error)) throw error;
        refusal = error;
      }
    }
    throw new PatchwayError([refusal?.message ?? '', ...notes].join(' '), { cause: refusal });
  };

  return {
    resolve: (reference) => first((registry) => registry.resolve(reference)),
    pullToLayout: (reference, directory, platform) => first((registry) => registry.pullToLayout(reference, directory, platform)),
    layers: (reference, platform) => first((registry) => registry.layers(reference, platform)),
  };
}

function noSecret(name: string): string {
  return `scan.registrySecret: there is no Secret ${name} with the key .dockerconfigjson in this namespace. Create it with \`kubectl create secret docker-registry ${name}\`.`;
}
