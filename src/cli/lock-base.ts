import { checkBase } from '../agent/registry/base.js';
import type { RegistryClient } from '../agent/registry.js';
import type { Report } from '../gate/finding.js';
import type { BaseCheck } from '../lock/base.js';
import type { ImageLock, LockEntry } from '../lock/lock.js';
import { isPatchwayError } from '../problem.js';

/** A locked image, and what is known of its base. */
export interface LockedBase {
  /** The lock's key. */
  readonly reference: string;
  readonly repository: string;
  readonly digest: string;
  readonly stages: readonly string[];
  /** Absent where nobody names its base, or no registry was asked. */
  readonly check?: BaseCheck;
  /** Why a registry did not tell. */
  readonly failure?: string;
  readonly endOfLife: EndOfLife;
}

/** What reports say of an image's distribution: `notReported` where one of Trivy's, which would say so, does not. */
export type EndOfLife =
  | { readonly state: 'ended'; readonly distribution: string }
  | { readonly state: 'notReported' }
  | { readonly state: 'unknown' };

export interface LockedBases {
  readonly lock: ImageLock;
  /** The stages to look at. */
  readonly stages: readonly string[];
  /** By the lock's key, what workloads name as base. */
  readonly declared: ReadonlyMap<string, string>;
  readonly reports: readonly Report[];
  /** Absent: no registry is asked. */
  readonly client?: Pick<RegistryClient, 'resolve' | 'metadata'>;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** How many images are looked at at the same time. */
const PARALLEL = 8;

/** Every image of the lock, each digest of a reference once, with what is known of its base; a failure concerns that image alone. */
export async function lockedBases({ lock, stages, declared, reports, client, now }: LockedBases): Promise<readonly LockedBase[]> {
  const asked = client && onceEach(client);
  const rows = imagesOf(lock, stages);
  const results = new Map<(typeof rows)[number], LockedBase>();
  const waiting = [...rows];
  const work = async () => {
    for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) {
      const { entry, ...image } = row;
      const found = asked === undefined ? {} : await look(asked, image, declared.get(image.reference), now);
      results.set(row, { ...image, ...found, endOfLife: endOfLifeOf(entry, reports) });
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  return rows.flatMap((row) => results.get(row) ?? []);
}

async function look(
  client: Pick<RegistryClient, 'resolve' | 'metadata'>,
  { reference, repository, digest }: Pick<LockedBase, 'reference' | 'repository' | 'digest'>,
  declared: string | undefined,
  now: number,
): Promise<Pick<LockedBase, 'check' | 'failure'>> {
  try {
    const check = await checkBase(client, `${repository}@${digest}`, declared, now);
    return check === undefined ? {} : { check };
  } catch (error) {
    if (isPatchwayError(error)) return { failure: `${reference}: ${error.message}` };
    throw error;
  }
}

interface Image extends Pick<LockedBase, 'reference' | 'repository' | 'digest' | 'stages'> {
  readonly entry: LockEntry;
}

function imagesOf({ images }: ImageLock, wanted: readonly string[]): readonly Image[] {
  return Object.entries(images).flatMap(([reference, entries]) => {
    const locked = wanted.flatMap((stage) => (Object.hasOwn(entries, stage) ? [{ stage, entry: entries[stage] }] : []));
    const byDigest = new Map<string, Image>();
    for (const { stage, entry } of locked) {
      if (entry === undefined) continue;
      const { digest } = entry;
      const stages = [...(byDigest.get(digest)?.stages ?? []), stage];
      byDigest.set(digest, { reference, repository: reference.slice(0, reference.lastIndexOf(':')), digest, stages, entry });
    }
    return [...byDigest.values()];
  });
}

function endOfLifeOf({ digest, platforms = {} }: LockEntry, reports: readonly Report[]): EndOfLife {
  const own = [digest, ...Object.values(platforms)];
  const about = reports.filter(({ digests }) => digests.some((each) => own.includes(each)));
  const distribution = about.find(({ endOfLife }) => endOfLife !== undefined)?.endOfLife;
  if (distribution !== undefined) return { state: 'ended', distribution };
  return { state: about.some(({ scanner }) => scanner === 'trivy') ? 'notReported' : 'unknown' };
}

/** Many images have one base: the same question is asked once. */
function onceEach(client: Pick<RegistryClient, 'resolve' | 'metadata'>): Pick<RegistryClient, 'resolve' | 'metadata'> {
  const resolved = new Map<string, ReturnType<RegistryClient['resolve']>>();
  const described = new Map<string, ReturnType<RegistryClient['metadata']>>();
  const once = <T>(answers: Map<string, T>, key: string, ask: () => T): T => {
    const answer = answers.get(key) ?? ask();
    answers.set(key, answer);
    return answer;
  };
  return {
    resolve: (reference) => once(resolved, reference, () => client.resolve(reference)),
    metadata: (reference, platform) => once(described, `${reference} ${platform ?? ''}`, () => client.metadata(reference, platform)),
  };
}
