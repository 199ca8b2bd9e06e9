import { readFile } from 'node:fs/promises';
import { parseReference } from '../../lock/reference.js';
import type { ScanTarget } from '../../manifest/stage-config.js';
import type { ScanPolicy } from '../../policy/policy.js';
import { PatchwayError } from '../../problem.js';
import { credentialsIn, FILES } from '../../scan/files.js';
import { registryClient } from '../registry.js';
import { openedBy, type PodRegistry, pullKeys } from './pull-secrets.js';

/**
 * A registry's client with the credentials of the workloads that run a repository's image, the policy's, and the
 * certificate authority that the policy names, as they are mounted into a scan's pod.
 * @throws where the policy's Secret or authority is missing
 */
export async function registryInPod(scan: ScanPolicy, target: Pulled): Promise<PodRegistry> {
  const image = parseReference(target.repository);
  if (image === undefined) throw new PatchwayError(`${JSON.stringify(target.repository)} is not a repository.`);
  const secretIn = (secret: string) => readFile(`${FILES.credentials}/${credentialsIn(secret)}`, 'utf8').catch(() => undefined);
  const keys = await pullKeys(scan, target, image, secretIn);
  const ca = await authorityInPod(scan);
  return openedBy(keys, (credentials) => registryClient({ credentials, ...(ca === undefined ? {} : { ca }) }));
}

/** A repository, and the Secrets that it is pulled with. */
export type Pulled = Pick<ScanTarget, 'repository' | 'pullSecrets'>;

/** The certificate authority that the policy names, in PEM; undefined where it names none. @throws where it is not there */
export async function authorityInPod({ registryCa }: Pick<ScanPolicy, 'registryCa'>): Promise<string | undefined> {
  if (registryCa === undefined) return undefined;
  return readFile(FILES.ca, 'utf8').catch((cause: unknown) => {
    const create = `\`kubectl create configmap ${registryCa} --from-file=ca.crt\``;
    throw new PatchwayError(
      `scan.registryCa: there is no ConfigMap ${registryCa} with the key ca.crt in this namespace. Create it with ${create}.`,
      { cause },
    );
  });
}

/** This node's platform; where the image has none for it, a usual one: what is installed hardly differs. */
export function platformOf(platforms: Readonly<Record<string, string>>, own: string): string {
  const available = Object.keys(platforms).sort();
  return [own, 'linux/amd64', ...available].find((platform) => available.includes(platform)) ?? own;
}

/** Where Node and OCI call an architecture differently. */
const ARCHITECTURES: ReadonlyMap<string, string> = new Map([
  ['x64', 'amd64'],
  ['ia32', '386'],
]);

/** What this node runs: `linux/amd64`. */
export const OWN_PLATFORM = `linux/${ARCHITECTURES.get(process.arch) ?? process.arch}`;
