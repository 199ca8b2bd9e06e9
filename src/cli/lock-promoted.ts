import { dig } from '../manifest/dig.js';
import { PatchwayError } from '../problem.js';

/** What a stage's workloads run of one reference, as the promotion recorded it. */
export interface PromotedReference {
  readonly reference: string;
  readonly tag: string;
  readonly digest: string;
  /** Every digest that a workload runs: more than one where they differ. */
  readonly digests: readonly string[];
  /** RFC 3339; absent where it was never promoted, but installed so. */
  readonly promotedAt?: string;
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;

/**
 * Reads which images run out of a promotion's state (the JSON of key `state`); none where there is no state yet.
 * @throws with `source` where it is not such a state
 */
export function promotedReferences(json: string | undefined, source: string): readonly PromotedReference[] {
  if (json === undefined) return [];
  const state = parse(json, source);
  const running = Object.values(objectOf(dig(state, 'workloads'))).flatMap((workload) =>
    Object.entries(objectOf(dig(workload, 'current'))),
  );
  const references = [...new Set(running.map(([reference]) => reference))].sort();
  return references.map((reference) => {
    const images = running.filter(([other]) => other === reference).map(([, image]) => imageOf(image, `${source}: ${reference}`));
    const digests = [...new Set(images.map(({ digest }) => digest))].sort();
    const promotedAt = promotionTime(state, reference, digests[0] ?? '');
    return { reference, tag: images[0]?.tag ?? '', digest: digests[0] ?? '', digests, ...(promotedAt === undefined ? {} : { promotedAt }) };
  });
}

/** The newest entry of the history that moved a workload to this digest. */
function promotionTime(state: unknown, reference: string, digest: string): string | undefined {
  const history = dig(state, 'history');
  const moved = (Array.isArray(history) ? history : []).find((entry: unknown) =>
    Object.values(objectOf(dig(entry, 'to'))).some((images) => dig(images, reference, 'digest') === digest),
  );
  const at = dig(moved, 'at');
  return typeof at === 'string' ? at : undefined;
}

function imageOf(image: unknown, source: string): { readonly tag: string; readonly digest: string } {
  const [tag, digest] = [dig(image, 'tag'), dig(image, 'digest')];
  if (typeof tag === 'string' && typeof digest === 'string' && DIGEST.test(digest)) return { tag, digest };
  throw new PatchwayError(`${source}: no tag and digest, but ${JSON.stringify(image)}. The lock was not changed.`);
}

function parse(json: string, source: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new PatchwayError(`${source} is not JSON. The lock was not changed; look at the ConfigMap.`);
  }
}

function objectOf(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}
