import type { Cvss } from './finding.js';
import { compare } from './identity.js';

/** What a rule of a framework asks about a vulnerability, as far as its CVSS vectors tell; the worst of them counts. */
export interface CvssFactors {
  /** Can be exploited over the network without special conditions, an account or a user's help. */
  readonly automatable?: boolean;
  /** Gives its exploiter everything: confidentiality, integrity and availability. */
  readonly total?: boolean;
  /** Can be exploited over the network without special conditions. */
  readonly reachable?: boolean;
  /** The base score, 0 to 10. */
  readonly score?: number;
}

/**
 * What the vectors of one vulnerability say together. Version 2 counts only where there is no later one; a vector that
 * cannot be read says nothing.
 */
export function factorsOf(ratings: readonly Cvss[]): CvssFactors {
  const read = ratings.flatMap((rating) => factorsIn(rating) ?? []);
  const later = read.filter(({ version }) => version > 2);
  const counted = later.length > 0 ? later : read;
  const scores = counted.flatMap(({ score }) => score ?? []);
  return {
    ...(counted.length === 0
      ? {}
      : {
          automatable: counted.some(({ automatable }) => automatable),
          total: counted.some(({ total }) => total),
          reachable: counted.some(({ reachable }) => reachable),
        }),
    ...(scores.length === 0 ? {} : { score: Math.max(...scores) }),
  };
}

/** Each vector once, with the highest score that was stated for it, in code-unit order. */
export function uniqueRatings(ratings: readonly Cvss[]): readonly Cvss[] {
  if (ratings.length < 2) return ratings;
  const byVector = new Map<string, Cvss>();
  for (const rating of ratings) {
    const known = byVector.get(rating.vector);
    if (known === undefined || (rating.score ?? -1) > (known.score ?? -1)) byVector.set(rating.vector, rating);
  }
  return [...byVector.values()].sort((a, b) => compare(a.vector, b.vector));
}

interface Vector {
  readonly version: number;
  readonly automatable: boolean;
  readonly total: boolean;
  readonly reachable: boolean;
  readonly score?: number;
}

type Metrics = ReadonlyMap<string, string>;

function factorsIn({ vector, score: stated }: Cvss): Vector | undefined {
  const version = Number(/^CVSS:(\d\.\d)\//.exec(vector)?.[1] ?? '2.0');
  const metrics: Metrics = new Map(
    vector.split('/').map((metric) => {
      const [name = '', value = ''] = metric.split(':');
      return [name, value] as const;
    }),
  );
  const is = (...wanted: readonly string[]) => wanted.every((metric) => metrics.get(metric.slice(0, -2)) === metric.slice(-1));
  const known = (...names: readonly string[]) => names.every((name) => metrics.has(name));
  const scored = (score: number | undefined) => (score === undefined ? {} : { score });
  if (version < 3) {
    if (!known('AV', 'AC', 'Au', 'C', 'I', 'A')) return undefined;
    const reachable = is('AV:N', 'AC:L');
    return { version, reachable, automatable: reachable && is('Au:N'), total: is('C:C', 'I:C', 'A:C'), ...scored(stated) };
  }
  if (version < 4) {
    if (!known('AV', 'AC', 'PR', 'UI', 'S', 'C', 'I', 'A')) return undefined;
    const reachable = is('AV:N', 'AC:L');
    const score = stated ?? baseScore(metrics);
    return { version, reachable, automatable: reachable && is('PR:N', 'UI:N'), total: is('C:H', 'I:H', 'A:H'), ...scored(score) };
  }
  if (!known('AV', 'AC', 'AT', 'PR', 'UI', 'VC', 'VI', 'VA')) return undefined;
  const reachable = is('AV:N', 'AC:L', 'AT:N');
  return { version, reachable, automatable: reachable && is('PR:N', 'UI:N'), total: is('VC:H', 'VI:H', 'VA:H'), ...scored(stated) };
}

const WEIGHTS: Readonly<Record<string, number>> = {
  'AV:N': 0.85,
  'AV:A': 0.62,
  'AV:L': 0.55,
  'AV:P': 0.2,
  'AC:L': 0.77,
  'AC:H': 0.44,
  'PR:N': 0.85,
  'UI:N': 0.85,
  'UI:R': 0.62,
  H: 0.56,
  L: 0.22,
  N: 0,
};

/** What a privilege that is needed weighs, by whether the scope is changed. */
const PRIVILEGES: Readonly<Record<string, number>> = { 'L U': 0.62, 'L C': 0.68, 'H U': 0.27, 'H C': 0.5 };

/**
 * The base score of a vector of version 3; undefined where a metric has a value that it cannot have.
 * @see https://www.first.org/cvss/v3-1/specification-document, section 7.1
 */
function baseScore(metrics: Metrics): number | undefined {
  const value = (name: string) => metrics.get(name) ?? '';
  const weight = (name: string) => WEIGHTS[`${name}:${value(name)}`] ?? Number.NaN;
  const harm = (name: string) => WEIGHTS[value(name)] ?? Number.NaN;
  const privileges = WEIGHTS[`PR:${value('PR')}`] ?? PRIVILEGES[`${value('PR')} ${value('S')}`] ?? Number.NaN;
  const lost = 1 - (1 - harm('C')) * (1 - harm('I')) * (1 - harm('A'));
  const changed = value('S') === 'C';
  const impact = changed ? 7.52 * (lost - 0.029) - 3.25 * (lost - 0.02) ** 15 : 6.42 * lost;
  const score = impact + 8.22 * weight('AV') * weight('AC') * privileges * weight('UI');
  if (Number.isNaN(score)) return undefined;
  return impact <= 0 ? 0 : roundedUp(Math.min(changed ? 1.08 * score : score, 10));
}

/** To one decimal, as the specification's appendix A does it: without the errors of binary fractions. */
function roundedUp(score: number): number {
  const whole = Math.round(score * 100_000);
  return whole % 10_000 === 0 ? whole / 100_000 : (Math.floor(whole / 10_000) + 1) / 10;
}
