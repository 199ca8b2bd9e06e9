import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../src/policy/parse.js';
import { parseCondition } from '../../src/policy/verify.js';
import { storefront } from './storefront.js';

describe('verifications', () => {
  const resolved = (verify: unknown) =>
    parsePolicy({ ...storefront(), stages: [{ name: 'staging', namespace: 'shop', ...(verify === undefined ? {} : { verify }) }] }).policy
      ?.stages[0]?.verify;

  it.each<[unknown, unknown]>([
    [{ http: { url: 'http://web/healthz' } }, { kind: 'http', url: 'http://web/healthz', status: 200 }],
    [{ http: { url: 'http://web', status: 204, body: 'ok' } }, { kind: 'http', url: 'http://web', status: 204, body: 'ok' }],
    [
      { prometheus: { server: 'http://p:9090/', query: 'errors', holds: '< 0.01', for: '5m' } },
      { kind: 'prometheus', server: 'http://p:9090', query: 'errors', holds: { comparison: '<', value: 0.01 }, for: 300_000 },
    ],
    [
      { job: { containers: [{ name: 'smoke', image: 'smoke:1' }] } },
      { kind: 'job', pod: { containers: [{ name: 'smoke', image: 'smoke:1' }] } },
    ],
  ])('%j is resolved', (verification, expected) => expect(resolved([verification])).toEqual([expected]));

  it('are absent where none is named', () => expect(resolved(undefined)).toBeUndefined());
});

describe('a condition', () => {
  it.each([
    ['< 0.01', { comparison: '<', value: 0.01 }],
    ['>= -3', { comparison: '>=', value: -3 }],
    ['== 1e-3', { comparison: '==', value: 0.001 }],
    ['<0.01', undefined],
    ['=> 1', undefined],
    ['< NaN', undefined],
    ['< 1 or vector(1)', undefined],
  ])('%j', (text, expected) => expect(parseCondition(text)).toEqual(expected));
});
