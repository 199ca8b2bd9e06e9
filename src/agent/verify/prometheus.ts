import { dig } from '../../manifest/dig.js';
import type { Comparison, Verification } from '../../policy/policy.js';
import { isPatchwayError } from '../../problem.js';
import type { Outcome } from '../../promotion/state.js';
import { request } from '../http.js';

type PrometheusVerification = Extract<Verification, { readonly kind: 'prometheus' }>;

const TIMEOUT_MS = 10_000;

/**
 * Asks Prometheus once. No series, no number, and no answer say nothing: they are no success.
 * @see https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries
 */
export async function verifyByPrometheus(verification: PrometheusVerification): Promise<Outcome> {
  const { server, query } = verification;
  try {
    const url = `${server}/api/v1/query?query=${encodeURIComponent(query)}`;
    const { status, body } = await request({ method: 'GET', url, timeoutMs: TIMEOUT_MS, retries: 2 });
    return readAnswer(verification, status, body.toString('utf8'));
  } catch (error) {
    return { result: 'unknown', why: isPatchwayError(error) ? error.message : String(error) };
  }
}

/** Pure: what an answer means. Every series must hold. */
export function readAnswer({ server, query, holds }: PrometheusVerification, status: number, text: string): Outcome {
  const unknown = (why: string): Outcome => ({ result: 'unknown', why });
  const answer = parse(text);
  if (status !== 200) return unknown(`${server} answered ${status}: ${String(dig(answer, 'error') ?? 'no reason given')}`);
  const values = valuesIn(dig(answer, 'data'));
  if (values.length === 0) return unknown(`${query} has no data`);
  if (values.some(Number.isNaN)) return unknown(`${query} is not a number`);
  const wanted = `${holds.comparison} ${holds.value}`;
  const off = values.find((value) => !compare(value, holds.comparison, holds.value));
  return off === undefined
    ? { result: 'holds', why: `${query} is ${values.join(', ')}, which is ${wanted}` }
    : { result: 'fails', why: `${query} is ${off}, which is not ${wanted}` };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Samples are pairs of an instant and the value as text; a vector has one for each series. */
function valuesIn(data: unknown): readonly number[] {
  const result = dig(data, 'result');
  if (!Array.isArray(result)) return [];
  const samples: readonly unknown[] =
    dig(data, 'resultType') === 'vector' ? result.map((series: unknown) => dig(series, 'value')) : [result];
  return samples.map((sample) => (Array.isArray(sample) && typeof sample[1] === 'string' ? numberOf(sample[1]) : Number.NaN));
}

/** Prometheus writes infinity as Go does. */
function numberOf(text: string): number {
  return Number(text.replace(/^([+-]?)Inf$/, '$1Infinity'));
}

function compare(value: number, comparison: Comparison, limit: number): boolean {
  switch (comparison) {
    case '<':
      return value < limit;
    case '<=':
      return value <= limit;
    case '==':
      return value === limit;
    case '!=':
      return value !== limit;
    case '>=':
      return value >= limit;
    case '>':
      return value > limit;
  }
}
