import type { FoundBase } from '../../gate/base-evidence.js';
import type { ScannerRun } from '../../gate/evidence.js';
import type { ScanTarget } from '../../manifest/stage-config.js';
import { scanTargets } from '../../manifest/workload.js';
import { PatchwayError } from '../../problem.js';
import type { AgentContext } from '../context.js';

/** What `fetch` tells `scan`: written into the pod's shared directory, also when nothing could be fetched. */
export interface FetchedImage {
  /** RFC 3339: from here the policy's time for one image counts. */
  readonly startedAt: string;
  /** The digest that the evidence is about: of what runs, or of what the lock names where that is not known. */
  readonly digest: string;
  /** Digest per platform where the digest is an index. */
  readonly platforms: Readonly<Record<string, string>>;
  /** RFC 3339. Absent: it failed. */
  readonly fetchedAt?: string;
  /** What was found out about the image that it was built on; absent where nobody names one. */
  readonly base?: FoundBase;
  /** Why there is nothing to scan. */
  readonly failure?: { readonly status: Exclude<ScannerRun['status'], 'ok'>; readonly message: string };
}

/**
 * The image that this pod scans: Kubernetes numbers the pods of an Indexed Job.
 * @throws outside such a Job, and where Job and configuration differ in how many images there are
 */
export function targetOf({ config, env }: Pick<AgentContext, 'config' | 'env'>): ScanTarget {
  const index = env.JOB_COMPLETION_INDEX;
  if (index === undefined) throw new PatchwayError('JOB_COMPLETION_INDEX is not set: this runs in a pod of an Indexed Job.');
  const targets = scanTargets(config.workloads);
  const target = targets[Number(index)];
  if (target !== undefined) return target;
  throw new PatchwayError(
    `the configuration has ${targets.length} images and none with index ${index}. Apply all of the manifests of one synthesis together.`,
  );
}

/** The namespace of this pod and its name. @throws where the manifests do not tell */
export function podOf({ env }: Pick<AgentContext, 'env'>): { readonly namespace: string; readonly name: string } {
  const { POD_NAMESPACE: namespace, POD_NAME: name } = env;
  if (namespace === undefined || name === undefined) throw new PatchwayError('POD_NAMESPACE and POD_NAME are not set.');
  return { namespace, name };
}
