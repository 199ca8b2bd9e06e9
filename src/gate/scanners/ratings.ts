import { uniqueRatings } from '../cvss.js';
import type { Cvss } from '../finding.js';
import { isObject, items, type JsonNode, member, number, text, unexpected } from '../json.js';

/** Lists of one rating by its vector: large reports repeat the same few. */
export type KnownRatings = Map<string, readonly Cvss[]>;

const SCORES = { V40Vector: 'V40Score', V3Vector: 'V3Score', V2Vector: 'V2Score' } as const;

/** Trivy's ratings of one vulnerability: one member for each source, with a vector for each version of CVSS. */
export function ratingsBySource(vulnerability: JsonNode, known: KnownRatings): readonly Cvss[] | undefined {
  const ratings = member(vulnerability, 'CVSS');
  if (ratings === undefined) return undefined;
  if (!isObject(ratings.value)) throw unexpected(ratings, 'an object');
  let found: readonly Cvss[] | undefined;
  for (const source in ratings.value) {
    const rating = member(ratings, source);
    if (rating === undefined) continue;
    const [v4, v3] = [one(rating, 'V40Vector', known), one(rating, 'V3Vector', known)];
    const own = v4 === undefined ? (v3 ?? one(rating, 'V2Vector', known)) : v3 === undefined ? v4 : [...v4, ...v3];
    if (own !== undefined) found = found === undefined ? own : [...found, ...own];
  }
  return found === undefined ? undefined : uniqueRatings(found);
}

function one(rating: JsonNode, key: keyof typeof SCORES, known: KnownRatings): readonly Cvss[] | undefined {
  const vector = text(rating, key);
  if (vector === undefined) return undefined;
  const found = ratingOf(vector, number(rating, SCORES[key]));
  const same = known.get(vector);
  if (same !== undefined && same[0]?.score === found.score) return same;
  const list = [found];
  known.set(vector, list);
  return list;
}

/** Grype's ratings: a list in each of the vulnerability's entries. */
export function ratingsInLists(nodes: readonly JsonNode[]): readonly Cvss[] | undefined {
  const found = nodes.flatMap((node) =>
    items(node, 'cvss').flatMap((rating) => {
      const [vector, metrics] = [text(rating, 'vector'), member(rating, 'metrics')];
      return vector === undefined ? [] : [ratingOf(vector, metrics && number(metrics, 'baseScore'))];
    }),
  );
  return found.length === 0 ? undefined : uniqueRatings(found);
}

/** A score of 0 is one that was not stated: a vulnerability that harms nothing is none. */
function ratingOf(vector: string, score: number | undefined): Cvss {
  return score === undefined || score <= 0 ? { vector } : { vector, score };
}
