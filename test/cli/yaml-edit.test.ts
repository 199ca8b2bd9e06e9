import { describe, expect, it } from 'vitest';
import { editDocument } from '../../src/cli/yaml-edit.js';
import { readStream } from '../../src/cli/yaml-stream.js';
import { applyEdits, type Edit } from '../../src/manifest/edit.js';
import type { Manifest } from '../../src/manifest/manifest.js';
import { spliced } from '../../src/yaml-text.js';

/** The text with the same edits made to each of its documents. */
function edited(text: string, ...edits: readonly Edit[]): string {
  const { documents, problems } = readStream(text, 'f');
  expect(problems).toEqual([]);
  const changes = documents.map(({ document, value }) => editDocument(text, document, value, applyEdits(value as Manifest, edits)));
  expect(changes.flatMap(({ refused }) => refused)).toEqual([]);
  const result = spliced(
    text,
    changes.flatMap(({ splices }) => splices),
  );
  // What is written says what is wanted.
  expect(readStream(result, 'f').documents.map(({ value }) => value)).toEqual(
    documents.map(({ value }) => applyEdits(value as Manifest, edits)),
  );
  return result;
}

const set = (path: string, value: Edit['value']): Edit => ({
  path: path.split('.').map((key) => (/^\d+$/.test(key) ? Number(key) : key)),
  value,
});

const IMAGE = `docker.io/library/nginx:1@sha256:${'a'.repeat(64)}`;

describe('a scalar', () => {
  it.each([
    ['plain', 'a: x # why\nb: 1\n', `a: ${IMAGE} # why\nb: 1\n`],
    ['in single quotes', "a:   'x'\n", `a:   '${IMAGE}'\n`],
    ['in double quotes', 'a: "x"\n', `a: "${IMAGE}"\n`],
    ['a literal', 'a: |-\n  x\n\nb: 1\n', `a: ${IMAGE}\n\nb: 1\n`],
    ['folded over lines', 'a: x\n  y\nb: 1\n', `a: ${IMAGE}\nb: 1\n`],
    ['behind a tab', 'a:\tx\n', `a:\t${IMAGE}\n`],
    ['empty', 'a:\nb: 1\n', `a: ${IMAGE}\nb: 1\n`],
    ['empty, before a comment', 'a: # why\nb: 1\n', `a: ${IMAGE} # why\nb: 1\n`],
    ['null', 'a: ~\n', `a: ${IMAGE}\n`],
    ['behind an anchor', 'a: &i x\nb: 1\n', `a: &i ${IMAGE}\nb: 1\n`],
    ['behind a tag', 'a: !!int "3"\nb: 1\n', `a: "${IMAGE}"\nb: 1\n`],
    ['behind an anchor and a tag', 'a: !!int &i "3"\nb: 1\n', `a: &i "${IMAGE}"\nb: 1\n`],
    ['missing', 'b: 1', `b: 1\na: ${IMAGE}`],
    ['in braces', '{b: 1, a: x}\n', `{b: 1, a: "${IMAGE}"}\n`],
    ['missing in braces', '{b: 1}\n', `{b: 1, a: "${IMAGE}"}\n`],
    ['missing in no braces', '{}\n', `{a: "${IMAGE}"}\n`],
    ['missing behind a comma', '{b: 1, }\n', `{b: 1, a: "${IMAGE}", }\n`],
    ['missing in braces over lines', '{\n  b: 1 # why\n}\n', `{\n  b: 1,\n  a: "${IMAGE}" # why\n}\n`],
    ['in JSON', '{"b":1,"a":"x"}', `{"b":1,"a":"${IMAGE}"}`],
    ['missing in JSON', '{\n\t"b": 1\n}\n', `{\n\t"b": 1,\n\t"a": "${IMAGE}"\n}\n`],
    ['behind Windows line ends', 'a: x\r\nb: 1\r\n', `a: ${IMAGE}\r\nb: 1\r\n`],
    ['behind a byte order mark', '\ufeffa: x\n', `\ufeffa: ${IMAGE}\n`],
    [
      'in documents',
      '%YAML 1.1\n---\na: x\n...\n---\n# why\na: y\n--- # z\na: z\n',
      `%YAML 1.1\n---\na: ${IMAGE}\n...\n---\n# why\na: ${IMAGE}\n--- # z\na: ${IMAGE}\n`,
    ],
  ])('%s', (_, text, result) => {
    expect(edited(text, set('a', IMAGE))).toBe(result);
    expect(edited(result, set('a', IMAGE))).toBe(result);
  });

  it.each([
    ['a percentage', '25%', 'a: "25%"\n'],
    ['a number', 3, 'a: 3\n'],
    ['a text that looks like a number', '1.10', 'a: "1.10"\n'],
    ['a text that YAML 1.1 takes for yes', 'y', 'a: "y"\n'],
    ['a time of day', '12:30', 'a: "12:30"\n'],
    ['a text over lines', 'x\ny', 'a: "x\\ny"\n'],
    ['null', null, 'a: null\n'],
  ])('becomes %s', (_, value, result) => {
    expect(edited('a: x\n', set('a', value))).toBe(result);
  });
});

describe('a map', () => {
  const VALUE = { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%' } };

  it.each([
    [
      'missing, before what is less indented',
      'm:\n  a: 1 # x\n\n# end\nz: 2\n',
      'm:\n  a: 1 # x\n  s:\n    type: RollingUpdate\n    rollingUpdate:\n      maxSurge: "25%"\n\n# end\nz: 2\n',
    ],
    ['empty', 'm:\n  s:\n  b: 1\n', 'm:\n  s:\n    type: RollingUpdate\n    rollingUpdate:\n      maxSurge: "25%"\n  b: 1\n'],
    [
      'empty, before spaces',
      'm:\n  s:  \n  b: 1\n',
      'm:\n  s:  \n    type: RollingUpdate\n    rollingUpdate:\n      maxSurge: "25%"\n  b: 1\n',
    ],
    [
      'empty, before a comment',
      'm:\n  s: # why\n  b: 1\n',
      'm:\n  s: # why\n    type: RollingUpdate\n    rollingUpdate:\n      maxSurge: "25%"\n  b: 1\n',
    ],
    [
      'null, before a comment',
      'm:\n  s: null # why\n',
      'm:\n  s: # why\n    type: RollingUpdate\n    rollingUpdate:\n      maxSurge: "25%"\n',
    ],
    ['without fields', 'm:\n  s: {}\n', 'm:\n  s:\n    type: RollingUpdate\n    rollingUpdate:\n      maxSurge: "25%"\n'],
    [
      'there in part',
      'm:\n  s:\n    rollingUpdate: {maxSurge: 1}\n',
      'm:\n  s:\n    rollingUpdate: {maxSurge: "25%"}\n    type: RollingUpdate\n',
    ],
    ['in braces', 'm: {b: 1}\n', 'm: {b: 1, s: {type: RollingUpdate, rollingUpdate: {maxSurge: "25%"}}}\n'],
    ['null in braces', 'm: {s: , b: 1}\n', 'm: {s: {type: RollingUpdate, rollingUpdate: {maxSurge: "25%"}}, b: 1}\n'],
    [
      'behind a literal',
      'm:\n  a: |\n    x\nz: 1\n',
      'm:\n  a: |\n    x\n  s:\n    type: RollingUpdate\n    rollingUpdate:\n      maxSurge: "25%"\nz: 1\n',
    ],
    [
      'behind a literal that keeps its end',
      'm:\n  a: |+\n    x\n\nz: 1\n',
      'm:\n  a: |+\n    x\n\n  s:\n    type: RollingUpdate\n    rollingUpdate:\n      maxSurge: "25%"\nz: 1\n',
    ],
    [
      'in a list that is not indented',
      'm:\n  l:\n  - a: 1\n',
      'm:\n  l:\n  - a: 1\n  s:\n    type: RollingUpdate\n    rollingUpdate:\n      maxSurge: "25%"\n',
    ],
    [
      'at the end of a file without a line break',
      'm:\n  a: 1',
      'm:\n  a: 1\n  s:\n    type: RollingUpdate\n    rollingUpdate:\n      maxSurge: "25%"',
    ],
    [
      'behind Windows line ends',
      'm:\r\n  a: 1\r\nz: 1\r\n',
      'm:\r\n  a: 1\r\n  s:\r\n    type: RollingUpdate\r\n    rollingUpdate:\r\n      maxSurge: "25%"\r\nz: 1\r\n',
    ],
    ['in JSON', '{"m": {"a": [1]}}', '{"m": {"a": [1], "s": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%"}}}}'],
  ])('%s', (_, text, result) => {
    const edits = [set('m.s.type', VALUE.type), set('m.s.rollingUpdate.maxSurge', '25%')];
    expect(edited(text, ...edits)).toBe(result);
    expect(edited(result, ...edits)).toBe(result);
  });

  it('adds to maps within maps at one place', () => {
    expect(edited('a:\n  b:\n    c: 1\n', set('d', 1), set('a.d', 2), set('a.b.d', 3))).toBe(
      'a:\n  b:\n    c: 1\n    d: 3\n  d: 2\nd: 1\n',
    );
    expect(edited('{a: {b: {c: 1}}}', set('d', 1), set('a.d', 2), set('a.b.d', 3))).toBe('{a: {b: {c: 1, d: 3}, d: 2}, d: 1}');
    expect(edited('a:\n  b:\n', set('a.b.c', 1), set('a.d', 2))).toBe('a:\n  b:\n    c: 1\n  d: 2\n');
  });

  it('adds to the maps of a list', () => {
    expect(
      edited('l:\n- name: a\n  # why\n-   name: b\n- {name: c}\n- \n', set('l.0.x', 1), set('l.1.x', [{ v: 1 }]), set('l.2.x', 1)),
    ).toBe('l:\n- name: a\n  x: 1\n  # why\n-   name: b\n    x:\n      - v: 1\n- {name: c, x: 1}\n- \n');
  });
});

describe('a list', () => {
  it.each([
    ['empty', 'l: []\n', 'l:\n  - a: 1\n'],
    ['null', 'm: 1\nl:\n', 'm: 1\nl:\n  - a: 1\n'],
    ['of other things', 'l:\n  - 1 # x\n  - 2 # y\nm: 1\n', 'l: # y\n  - a: 1\nm: 1\n'],
    ['in braces', '{l: []}\n', '{l: [{a: 1}]}\n'],
  ])('%s', (_, text, result) => {
    expect(edited(text, set('l', [{ a: 1 }]))).toBe(result);
  });
});

describe('what is used in two places', () => {
  it.each([
    ['an anchored text that becomes the same in both', 'a: &i x\nb: *i\n', [set('a', 'v'), set('b', 'v')], 'a: &i v\nb: *i\n'],
    ['an anchored text that changes where it is defined', 'a: &i x\nb: *i # why\n', [set('a', 'v')], 'a: &i v\nb: x # why\n'],
    ['an alias that changes', 'a: &i x\nb: *i\nc: *i\n', [set('b', 'v')], 'a: &i x\nb: v\nc: *i\n'],
    ['an alias of a map', 'a: &m\n  x: 1\nb: *m # why\nc: *m\n', [set('b.v', 2)], 'a: &m\n  x: 1\nb: # why\n  x: 1\n  v: 2\nc: *m\n'],
    ['a map that others use', 'a: &m\n  x: 1\nb: *m\nl: [*m]\n', [set('a.v', 2)], 'a: &m\n  x: 1\n  v: 2\nb:\n  x: 1\nl: [{x: 1}]\n'],
    [
      'within a map that others use',
      'a: &m\n  x: {v: &v 1}\nb: *m\nc: *v\n',
      [set('a.x.v', 2)],
      'a: &m\n  x: {v: &v 2}\nb:\n  x:\n    v: 1\nc: 1\n',
    ],
    ['an anchor that goes', 'a: {x: &v 1}\nc: *v\n', [set('a', 2)], 'a: 2\nc: 1\n'],
    ['an anchored key', '&k a: 1\nb: *k\n', [set('a', 2)], '&k a: 2\nb: *k\n'],
    ['an alias as a key', 'x: &k a\n*k : 1\n', [set('a', 2)], 'x: &k a\n*k : 2\n'],
    ['a field from a merge', 'a: &m {x: 1}\nb:\n  <<: *m\n  v: 1\n', [set('b.x', 2)], 'a: &m {x: 1}\nb:\n  <<: *m\n  v: 1\n  x: 2\n'],
    [
      'below a field from a merge',
      'a: &m {x: {p: 1, q: 1}}\nb:\n  <<: *m\n',
      [set('b.x.p', 2)],
      'a: &m {x: {p: 1, q: 1}}\nb:\n  <<: *m\n  x:\n    p: 2\n    q: 1\n',
    ],
    [
      'a map that is merged elsewhere',
      'a: &m {x: 1}\nb:\n  <<: *m\n  v: 1\n',
      [set('a.x', 2)],
      'a: &m {x: 2}\nb:\n  <<: *m\n  v: 1\n  x: 1\n',
    ],
    [
      'a key added to a map that is merged elsewhere',
      'a: &m {x: 1}\nb:\n  <<: *m\n',
      [set('a.z', 2)],
      'a: &m {x: 1, z: 2}\nb:\n  <<: {}\n  x: 1\n',
    ],
    ['the same key added to both', 'a: &m {x: 1}\nb:\n  <<: *m\n', [set('a.z', 2), set('b.z', 2)], 'a: &m {x: 1, z: 2}\nb:\n  <<: *m\n'],
    [
      'several merged maps',
      'a: &m {x: 1}\nc: &n {x: 3, w: 4}\nb:\n  <<: [*m, *n]\n',
      [set('b.x', 2)],
      'a: &m {x: 1}\nc: &n {x: 3, w: 4}\nb:\n  <<: [*m, *n]\n  x: 2\n',
    ],
  ])('%s', (_, text, edits, result) => {
    expect(edited(text, ...edits)).toBe(result);
    expect(edited(result, ...edits)).toBe(result);
  });
});

describe('what cannot be edited', () => {
  it.each([
    ['a key behind a question mark', '? m\n: a: 1\n', 'm.b', 'plainly'],
    ['a key without a colon', '{a}\n', 'a.b', 'colon'],
  ])('%s', (_, text, path, message) => {
    const document = readStream(text, 'f').documents[0]!;
    const { refused } = editDocument(text, document.document, document.value, applyEdits(document.value as Manifest, [set(path, 1)]));
    expect(refused).toEqual([{ offset: expect.any(Number), message: expect.stringContaining(message) }]);
  });
});
