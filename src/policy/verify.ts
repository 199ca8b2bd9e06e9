import { parseDuration } from './duration.js';
import type { Partly } from './partly.js';
import type { Comparison, Verification } from './policy.js';
import type { VerificationInput } from './verify-input.js';

/** A verification with its defaults filled in; none where what it needs could not be read. */
export function resolveVerification(input: Partly<VerificationInput>): readonly Verification[] {
  if ('http' in input && input.http?.url !== undefined) {
    const { url, status = 200, body } = input.http;
    return [{ kind: 'http', url, status, ...(body === undefined ? {} : { body }) }];
  }
  if ('prometheus' in input && input.prometheus !== undefined) {
    const { server, query, holds, for: duration } = input.prometheus;
    const condition = parseCondition(holds ?? '');
    const forMs = parseDuration(duration ?? '');
    if (server === undefined || query === undefined || condition === undefined || forMs === undefined) return [];
    return [{ kind: 'prometheus', server: server.replace(/\/+$/, ''), query, holds: condition, for: forMs }];
  }
  return 'job' in input && input.job !== undefined ? [{ kind: 'job', pod: input.job }] : [];
}

const COMPARISONS: readonly Comparison[] = ['<', '<=', '==', '!=', '>=', '>'];

/** Reads `'< 0.01'`; undefined where it is none. */
export function parseCondition(text: string): { readonly comparison: Comparison; readonly value: number } | undefined {
  const [, written, number = ''] = /^(\S+) (-?\d+(?:\.\d+)?(?:e-?\d+)?)$/.exec(text) ?? [];
  const comparison = COMPARISONS.find((each) => each === written);
  return comparison === undefined ? undefined : { comparison, value: Number(number) };
}
