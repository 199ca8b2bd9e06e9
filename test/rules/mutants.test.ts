import { describe, expect, it } from 'vitest';
import { syntaxErrors } from '../promql/syntax.js';
import { mutantsOf } from './mutants.js';

const written = (expr: string) => mutantsOf(expr).map((mutant) => mutant.expr);

describe('mutants', () => {
  it.each([
    ['a > 10', ['a < 10', 'a >= 10', 'a > 9', 'a > 11']],
    ['a == 0', ['a != 0']],
    ['a unless on(x) b', ['a']],
    ['(a and on(x) b) or c', ['(a and on(x) b)', 'c', '(a) or c']],
    ['changes(a[10m])', ['changes(a[540s])', 'changes(a[660s])']],
    ['vector(1)', []],
  ])('of %s', (expr, expected) => {
    expect([...written(expr)].sort()).toEqual([...expected].sort());
    expect(written(expr).flatMap(syntaxErrors)).toEqual([]);
  });
});
