import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  absent,
  aggregate,
  and,
  before,
  compare,
  copyLabel,
  divide,
  metric,
  multiply,
  number,
  or,
  promDuration,
  quantile,
  seconds,
  subtract,
  time,
  unless,
  vector,
  withOne,
} from '../../src/promql.js';
import { syntaxErrors } from './syntax.js';

describe('expressions', () => {
  it.each([
    [metric('up'), 'up'],
    [metric('up', { job: 'web', stage: 'a' }), 'up{job="web",stage="a"}'],
    [metric('up', { job: 'a"b\\c\nd' }), 'up{job="a\\"b\\\\c\\nd"}'],
    [metric('up', { job: { oneOf: ['a.b', 'c|d'] } }), 'up{job=~"a\\\\.b|c\\\\|d"}'],
    [subtract(time, metric('a')), 'time() - a'],
    [compare(subtract(time, metric('a')), '>=', number(0)), '(time() - a) >= 0'],
    [subtract(metric('a'), subtract(metric('b'), metric('c'))), 'a - (b - c)'],
    [unless(metric('a'), ['x', 'y'], compare(metric('b'), '<', seconds(90_000))), 'a unless on(x, y) (b < 90)'],
    [and(metric('a'), ['x'], metric('b')), 'a and on(x) b'],
    [or(compare(metric('a'), '==', number(1)), metric('b')), '(a == 1) or b'],
    [aggregate('max', ['x'], or(metric('a'), metric('b'))), 'max by (x) (a or b)'],
    [absent(metric('a', { x: 'y' })), 'absent(a{x="y"})'],
    [copyLabel(metric('a'), 'deployment', 'workload'), 'label_replace(a, "workload", "$1", "deployment", "(.+)")'],
    [vector(1), 'vector(1)'],
    [metric('up', { job: { like: '$job' } }), 'up{job=~"$job"}'],
    [copyLabel(metric('a'), 'digest', 'image', 'sha256:(.{12}).*'), 'label_replace(a, "image", "$1", "digest", "sha256:(.{12}).*")'],
    [unless(metric('a'), ['x'], before(metric('a'), 600_000)), 'a unless on(x) (a offset 10m)'],
    [withOne(metric('a'), '<', ['x'], metric('b')), 'a < on(x) group_left() b'],
    [divide(multiply(metric('a'), number(2)), metric('b')), '(a * 2) / b'],
    [aggregate('count', [], metric('a')), 'count by () (a)'],
    [quantile(0.95, ['x'], metric('a')), 'quantile by (x) (0.95, a)'],
  ])('%o is written %s', ({ text }, expected) => {
    expect(text).toBe(expected);
    expect(syntaxErrors(text)).toEqual([]);
  });

  it('are valid whatever text a label has', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (one, other) => {
        expect(syntaxErrors(metric('up', { a: one, b: { oneOf: [one, other] } }).text)).toEqual([]);
      }),
    );
  });
});

describe('durations', () => {
  it.each([
    [0, '0s'],
    [1500, '1500ms'],
    [90_000, '90s'],
    [600_000, '10m'],
    [129_600_000, '36h'],
    [172_800_000, '2d'],
    [604_800_000, '1w'],
  ])('%i ms is %s', (ms, text) => {
    expect(promDuration(ms)).toBe(text);
  });
});
