import { expect, it } from 'vitest';
import { parseQuantity } from '../../src/checks/quantity.js';

it.each([
  [4, 4],
  ['4', 4],
  ['500m', 0.5],
  ['1.5Gi', 1.5 * 2 ** 30],
  ['2k', 2000],
  ['1e3', 1000],
  ['2E2', 200],
  ['1E', 1e18],
  ['.5', 0.5],
  ['', undefined],
  ['1GB', undefined],
  ['many', undefined],
  [null, undefined],
])('%j is %s', (text, amount) => expect(parseQuantity(text)).toBe(amount));
