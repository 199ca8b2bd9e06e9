import { parseReference } from '../lock/reference.js';
import { names } from '../manifest/names.js';
import type { WorkloadImage, WorkloadSummary } from '../manifest/stage-config.js';
import type { PromotionProgress, ScannedDigest, ScannedRepository, StageState } from './state.js';

/** One image that a workload runs. */
export interface RunningImage {
  readonly repository: string;
  /** Absent where somebody wrote an image without one. */
  readonly digest?: string;
  /** RFC 3339; known of the image that the lock names. */
  readonly releasedAt?: string;
  /** Its newest scan, and whether that was made under the policy as it is now. */
  readonly scan?: { readonly found: ScannedDigest; readonly current: boolean };
}

/** The images of a workload, each once, sorted: those that it names in the cluster where that is known, else those of the lock. */
export function runningImages(state: StageState, workload: WorkloadSummary): readonly RunningImage[] {
  const running = state.running?.get(workload.name);
  const images = running === undefined ? workload.images : Object.values(running).map(imageOf);
  const distinct = new Map(images.map((image) => [`${image.repository}@${image.digest ?? ''}`, image]));
  return [...distinct]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { repository, digest }]) => {
      const releasedAt = workload.images.find((locked) => locked.repository === repository && locked.digest === digest)?.releasedAt;
      const evidence = state.evidence.get(names.evidence(repository));
      const found = digest === undefined ? undefined : scanOf(evidence, digest);
      return {
        repository,
        ...(digest === undefined ? {} : { digest }),
        ...(releasedAt === undefined ? {} : { releasedAt }),
        ...(found === undefined ? {} : { scan: { found, current: evidence?.policyHash === state.config.policy.hash } }),
      };
    });
}

/**
 * Whether a workload runs a digest that neither the lock nor, where images are promoted, the promotion put there.
 * Undefined where nothing is known of what runs.
 */
export function hasDrifted({ running, promotion, evidence }: StageState, workload: WorkloadSummary): boolean | undefined {
  const containers = running?.get(workload.name);
  if (containers === undefined) return undefined;
  return Object.entries(containers).some(([container, image]) => {
    const locked = workload.images.find((each) => each.container === container);
    const { repository, digest: runs } = imageOf(image);
    if (locked === undefined || runs === undefined || repository !== locked.repository) return true;
    const scans = evidence.get(names.evidence(repository));
    return !namedDigests(promotion, workload.name, locked).some(
      (digest) => digest === runs || Object.values(scans?.digests[digest]?.platforms ?? {}).includes(runs),
    );
  });
}

/** What may run: what was promoted, or before a first promotion what the lock says; while a run is at work also what it moves. */
function namedDigests(promotion: PromotionProgress | undefined, workload: string, { reference, digest }: WorkloadImage): readonly string[] {
  const sets = [promotion?.workloads[workload]?.current, promotion?.intent?.from[workload], promotion?.intent?.to[workload]];
  const [current = digest, ...moving] = sets.map((set) => set?.[reference]?.digest);
  return [current, ...moving.filter((each) => each !== undefined)];
}

/** The scan of a digest, or of the index that has it for one platform. */
function scanOf(evidence: ScannedRepository | undefined, digest: string): ScannedDigest | undefined {
  if (evidence === undefined) return undefined;
  return evidence.digests[digest] ?? Object.values(evidence.digests).find(({ platforms }) => Object.values(platforms).includes(digest));
}

function imageOf(image: string): { readonly repository: string; readonly digest?: string } {
  const { repository, digest } = parseReference(image) ?? { repository: image };
  return { repository, ...(digest === undefined ? {} : { digest }) };
}
