import { readFile } from 'node:fs/promises';
import type { ScanPolicy } from '../../policy/policy.js';
import { PatchwayError } from '../../problem.js';
import { FILES } from '../../scan/files.js';
import { anonymous, credentialsFrom, type RegistryClient, registryClient } from '../registry.js';

/** A client with the credentials and the certificate authority that the policy names, as they are mounted into a scan's pod. */
export async function registryInPod(scan: Pick<ScanPolicy, 'registrySecret' | 'registryCa'>): Promise<RegistryClient> {
  const { registrySecret } = scan;
  const docker = registrySecret === undefined ? undefined : await mounted(FILES.credentials, MISSING.secret(registrySecret));
  const ca = await authorityInPod(scan);
  return registryClient({
    credentials: docker === undefined ? anonymous : credentialsFrom(docker, `Secret ${registrySecret}`),
    ...(ca === undefined ? {} : { ca }),
  });
}

/** The certificate authority that the policy names, in PEM; undefined where it names none. @throws where it is not there */
export async function authorityInPod({ registryCa }: Pick<ScanPolicy, 'registryCa'>): Promise<string | undefined> {
  return registryCa === undefined ? undefined : mounted(FILES.ca, MISSING.ca(registryCa));
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

const MISSING = {
  secret: (name: string) =>
    `scan.registrySecret: there is no Secret ${name} with the key .dockerconfigjson in this namespace. Create it with \`kubectl create secret docker-registry ${name}\`.`,
  ca: (name: string) =>
    `scan.registryCa: there is no ConfigMap ${name} with the key ca.crt in this namespace. Create it with \`kubectl create configmap ${name} --from-file=ca.crt\`.`,
} as const;

function mounted(file: string, missing: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new PatchwayError(missing, { cause });
  });
}
