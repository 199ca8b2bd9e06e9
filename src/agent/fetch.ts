import { writeFile } from 'node:fs/promises';
import { toInstant } from '../gate/instant.js';
import { parseReference } from '../lock/reference.js';
import { formatDuration } from '../policy/duration.js';
import type { ScanPolicy } from '../policy/policy.js';
import { isPatchwayError } from '../problem.js';
import { podScanners } from '../scan/engines.js';
import { FILES } from '../scan/files.js';
import type { AgentContext, AgentRun } from './context.js';
import { baseInPod, foundBase, type LookUpBase } from './scan/base.js';
import { linkDatabases } from './scan/databases.js';
import type { PodRegistry } from './scan/pull-secrets.js';
import { OWN_PLATFORM, type Pulled, platformOf, registryInPod } from './scan/registry.js';
import { nameOf, runningImage } from './scan/running.js';
import { type FetchedImage, podOf, targetOf } from './scan/target.js';

/** What fetching touches beside the cluster. Tests pass another one. */
export interface FetchEffects {
  /** A client with what the image is pulled with. */
  registry(scan: ScanPolicy, target: Pulled): Promise<Pick<PodRegistry, 'resolve' | 'pullToLayout'>>;
  write(file: string, text: string): Promise<void>;
  /** Leads the scanners to databases that are kept. */
  link(config: AgentContext['config'], now: number): Promise<void>;
  /** Looks up what an image was built on. @default it is not looked up */
  readonly base?: LookUpBase;
  /** What this node runs: `linux/amd64`. */
  readonly platform: string;
}

/**
 * Fetches the image that runs into an OCI layout for the scanners. It ends well whatever happens, as an init container
 * that fails keeps the agent from ever starting: why there is nothing to scan is written beside the layout.
 */
export const fetchImage: AgentRun = (context) => fetchWith(context, inPod);

export async function fetchWith(context: AgentContext, effects: FetchEffects): Promise<number> {
  const target = targetOf(context);
  const { timeout } = context.config.policy.scan;
  const startedAt = toInstant(context.now());
  // Until more is known, what fails is told of the image that the lock names.
  let known: Pick<FetchedImage, 'digest' | 'platforms'> = { digest: parseReference(target.locked)?.digest ?? target.locked, platforms: {} };

  const fetching = async (): Promise<FetchedImage> => {
    const { namespace } = podOf(context);
    const running = await runningImage(context.cluster, namespace, target, context.config.workloads);
    const wanted = running === undefined ? target.locked : nameOf(running);
    context.log(`${target.reference}: fetching ${wanted}${running === undefined ? ', as none is deployed yet' : ''}`);
    const wantedDigest = parseReference(wanted)?.digest;
    if (wantedDigest !== undefined) known = { digest: wantedDigest, platforms: {} };
    await effects.link(context.config, context.now());
    const registry = await effects.registry(context.config.policy.scan, target);
    const { digest, platforms } = await registry.resolve(wanted);
    known = { digest, platforms };
    const base = effects.base && foundBase(context, target, digest, effects.base);
    // A server fetches by itself.
    if (podScanners(context.config.policy.scan).length > 0) {
      await registry.pullToLayout(`${target.repository}@${digest}`, FILES.layout, platformOf(platforms, effects.platform));
    }
    return { startedAt, ...known, ...(await base), fetchedAt: toInstant(context.now()) };
  };
  const outOfTime = async (): Promise<FetchedImage> => {
    await context.sleep(timeout);
    const message = `it could not be fetched within ${formatDuration(timeout)} (scan.timeout)`;
    return { startedAt, ...known, failure: { status: 'timeout', message } };
  };
  const failed = (error: unknown): FetchedImage => ({ startedAt, ...known, failure: { status: 'failed', message: messageOf(error) } });

  const result = await Promise.race([fetching().catch(failed), outOfTime()]);
  await effects.write(FILES.target, JSON.stringify(result));
  context.log(result.failure === undefined ? `${target.reference}: fetched ${result.digest}` : `not fetched: ${result.failure.message}`);
  return 0;
}

function messageOf(error: unknown): string {
  if (isPatchwayError(error)) return error.message;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

const inPod: FetchEffects = {
  registry: registryInPod,
  write: (file, text) => writeFile(file, text),
  link: linkDatabases,
  base: baseInPod,
  platform: OWN_PLATFORM,
};
