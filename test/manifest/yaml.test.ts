import fc from 'fast-check';
import jsYaml from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { toYaml } from '../../src/manifest/yaml.js';

const readers = [
  ['yaml 1.2', (text: string) => parse(text, { version: '1.2' })],
  ['yaml 1.1', (text: string) => parse(text, { version: '1.1' })],
  ['js-yaml', (text: string) => jsYaml.load(text)],
] as const;

/** Texts that some reader takes for something else, or that cannot stand as they are. */
// biome-ignore format: a table
const AWKWARD = [
  ...'~ null Null yes No on OFF y N true False .inf -.Inf .NaN e1 << = | > \\ 0 -1 1e3 1.0 1. .5 0o7 017 0x1F 0b11 1_000'.split(' '),
  ...'1:30 190:20:30 2026-11-21 2026-11-21T10:00:00Z - -- --- ... ? : a: a:b a#b #a !t &a *a %a @a `a` "a" \'a\' [a] {a:b}'.split(' '),
  ...['', ' ', 'a ', ' a', '\t', 'a\t', '- a', '? a', ': a', 'a: b', 'a :b', 'a #b', 'a, b', "it's", 'a\\nb', '0 22 * * 1-4', '{{ $labels.job }}'],
  ...['a\nb', 'a\nb\n', 'a\n\nb\n\n\n', '\n', '\na', ' a\nb', '\ta\nb', 'a\n b\n  c', 'a \nb', 'a\nb ', 'a\n  ', 'a\n\t\nb', '---\na', 'a: |\n  b'],
  ...['a\rb', 'a\r\nb', '\u0000', '\u0000a\nb', '\u001b[0m', '\u007f', '\u0085', 'a\u0085\nb', '\u00a0', '\u2028', 'a\u2029\nb', '\ufeff', '\ufffe'],
  ...['é', '日本\n語', '😀', '😀\n', '\ud800', 'a\udc00\nb', 'a\n\udc00', '\udc00\ud800', 'x'.repeat(300), `${'long '.repeat(300)}end`, '__proto__'],
];

const text = fc.oneof(
  fc.constantFrom(...AWKWARD),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...'ab01 -:#\n\t\'"\\.,[]{}|>&*!%@`?~_e+'), maxLength: 12 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 5 }).map((units) => String.fromCharCode(...units)),
);
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    tie('list'),
    tie('map'),
  ),
  list: fc.array(tie('value'), { maxLength: 4 }),
  map: fc.array(fc.tuple(text, tie('value')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
})).value;

describe.each(readers)('%s reads back', (_name, read) => {
  it.each(AWKWARD)('text %j', (sample) => {
    expect(read(toYaml([{ key: sample, list: [sample, [sample]], [sample]: 1 }]))).toEqual(
      JSON.parse(JSON.stringify({ key: sample, list: [sample, [sample]], [sample]: 1 })),
    );
  });

  it('anything that is JSON', () => {
    fc.assert(
      fc.property(value, (sample) => {
        expect(read(toYaml([sample]))).toEqual(JSON.parse(JSON.stringify(sample)));
      }),
      { numRuns: 2000 },
    );
  });

  it('a key longer than a kilobyte', () => {
    const sample = { ['k'.repeat(2000)]: { ['k "'.repeat(2000)]: [1] }, list: [{ ['k'.repeat(2000)]: 'x' }] };
    expect(read(toYaml([sample]))).toEqual(sample);
  });
});

describe('the text', () => {
  it('is block style with nested sequences indented', () => {
    const sample = { a: { b: [1, { c: 'd', e: [] }], f: {} }, g: [['h']], i: 'run: it\nnow\n', j: null, k: undefined, l: { m: undefined } };
    expect(toYaml([sample])).toBe(
      [
        'a:',
        '  b:',
        '    - 1',
        '    - c: d',
        '      e: []',
        '  f: {}',
        'g:',
        '  - - h',
        'i: |',
        '  run: it',
        '  now',
        'j: null',
        'l: {}',
        '',
      ].join('\n'),
    );
  });

  it.each([
    ['web:1.4@sha256:0a', 'web:1.4@sha256:0a'],
    ['several plain words', 'several plain words'],
    ['no', '"no"'],
    ['0 22 * * *', '"0 22 * * *"'],
    [1e21, '1.0e+21'],
    [-0, '0'],
  ])('%j is written %s', (sample, expected) => {
    expect(toYaml([sample])).toBe(`${expected}\n`);
  });

  it('separates documents', () => {
    const documents = [{ a: 1 }, 'b\nc\n\n', { d: 2 }];
    expect(parseAllDocuments(toYaml(documents)).map((d) => ('toJS' in d ? d.toJS() : d))).toEqual(documents);
    expect(toYaml([])).toBe('');
  });

  it.each([
    [Number.NaN, 'the number NaN'],
    [Number.POSITIVE_INFINITY, 'the number Infinity'],
    [() => 1, 'a function'],
    [1n, 'a bigint'],
    [new Date(0), 'an instance of Date'],
    [new Map(), 'an instance of Map'],
  ])('is refused for %s', (sample, expected) => {
    expect(() => toYaml([{ a: [sample] }])).toThrow(`a manifest holds what YAML cannot: ${expected}`);
  });
});
