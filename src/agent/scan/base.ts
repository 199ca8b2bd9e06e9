import { readFile } from 'node:fs/promises';
import type { FoundBase } from '../../gate/base-evidence.js';
import type { BaseCheck } from '../../lock/base.js';
import type { ScanTarget } from '../../manifest/stage-config.js';
import type { ScanPolicy } from '../../policy/policy.js';
import { isPatchwayError } from '../../problem.js';
import { credentialsIn, FILES } from '../../scan/files.js';
import type { AgentContext } from '../context.js';
import { checkBase } from '../registry/base.js';
import { type Credentials, credentialsFrom } from '../registry/credentials.js';
import { registryClient } from '../registry.js';
import { authorityInPod, type Pulled } from './registry.js';

/** Looks up what an image was built on. */
export type LookUpBase = (
  scan: ScanPolicy,
  target: Pulled,
  image: string,
  declared: string | undefined,
  now: number,
) => Promise<BaseCheck | undefined>;

/** How long a base is asked for, in milliseconds: it never holds up a scan. */
const PATIENCE = 30_000;

/** What is known of the base of the image that was fetched; it never rejects. */
export async function foundBase(
  { config, log, now, sleep }: AgentContext,
  target: ScanTarget,
  digest: string,
  lookUp: LookUpBase,
): Promise<{ readonly base?: FoundBase }> {
  const asked = lookUp(config.policy.scan, target, `${target.repository}@${digest}`, declaredBase(config, target), now()).catch(
    (error: unknown): FoundBase => ({ failure: isPatchwayError(error) ? error.message : String(error) }),
  );
  const late = async (): Promise<FoundBase> => {
    await sleep(PATIENCE);
    return { failure: `its base was not found out within ${PATIENCE / 1000} s` };
  };
  const base = await Promise.race([asked, late()]);
  if (base === undefined) return {};
  if ('failure' in base) log(`${target.reference}: nothing is known of its base: ${base.failure}`);
  return { base };
}

/** What a workload names as base is that of its first container; where two name different ones, the first by name. */
function declaredBase({ workloads }: AgentContext['config'], { reference }: Pick<ScanTarget, 'reference'>): string | undefined {
  return workloads
    .filter(({ images }) => images.find(({ init }) => !init)?.reference === reference)
    .flatMap(({ base }) => base ?? [])
    .sort()[0];
}

/** With the Secrets of the image: they may know the registry of its base too. */
export const baseInPod: LookUpBase = async (scan, { pullSecrets = [] }, image, declared, now) => {
  const secrets = [...pullSecrets, ...(scan.registrySecret === undefined ? [] : [scan.registrySecret])];
  const read = await Promise.all(
    secrets.map((name) => readFile(`${FILES.credentials}/${credentialsIn(name)}`, 'utf8').catch(() => undefined)),
  );
  const known = read.flatMap((docker, index) => (docker === undefined ? [] : [credentialsFrom(docker, `Secret ${secrets[index] ?? ''}`)]));
  const credentials: Credentials = async (reference) => {
    for (const each of known) {
      const credential = await each(reference);
      if (credential !== undefined) return credential;
    }
    return undefined;
  };
  const ca = await authorityInPod(scan);
  return checkBase(registryClient({ credentials, ...(ca === undefined ? {} : { ca }) }), image, declared, now);
};
