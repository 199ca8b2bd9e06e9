import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadPolicy, readPolicy } from '../../src/policy/load.js';
import { formatProblem } from '../../src/problem.js';
import { storefront } from './storefront.js';

const SOUND = `
name: storefront
scan: {schedule: 17 3 * * *, scanners: [kind: grype]}
gate:
  deadlines: &times {critical: 7d, high: 14d, medium: 30d, low: 90d}
stages:
  - &base {name: staging, namespace: storefront-staging}
  - <<: *base
    name: production
    namespace: storefront
    after: [staging]
    soak: 48h
`;

const told = (text: string) => readPolicy(text, 'p.yaml').problems.map(formatProblem);
const inFile = (text: string) => {
  const directory = mkdtempSync(join(tmpdir(), 'patchway-policy-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'p.yaml');
  writeFileSync(file, text);
  return file;
};

it('the same policy in YAML, JSON and TypeScript is the same', () => {
  const yaml = JSON.stringify(loadPolicy(inFile(SOUND)));
  expect(JSON.stringify(loadPolicy(inFile(JSON.stringify({ $schema: 'x', ...storefront() }))))).toBe(yaml);
});

describe('problems name file, line and column', () => {
  it.each([
    ['a value', SOUND.replace('48h', '2 days'), 'p.yaml:12:5 stages[1].soak: This is not a duration.'],
    ['an unknown field', SOUND.replace('soak', 'sok'), "p.yaml:12:5 stages[1].sok: There is no such field. Did you mean 'soak'?"],
    ['a missing field', SOUND.replace('name: storefront\n', ''), 'p.yaml:2:1 name: This field is required.'],
    ['a field behind an alias', SOUND.replace('critical: 7d', 'critical: 7x'), 'p.yaml:5:22 gate.deadlines.critical: This is not'],
    ['fields together', SOUND.replace('[staging]', '[stagin]'), "p.yaml:11:13 stages[1].after[0]: There is no stage 'stagin'."],
    ['a repeated key', `${SOUND}name: again\n`, 'p.yaml:13:1 This key is there already'],
    [
      'JSON',
      '{\n "name": 3, "scan": {"schedule": "@daily", "scanners": [{"kind": "grype"}]}, "gate": {"deadlines": {"critical": "7d", "high": "7d", "medium": "7d", "low": "9d"}}, "stages": [{"name": "a", "namespace": "a"}]}',
      'p.yaml:2:2 name: This is not a name',
    ],
    ['no YAML', 'name: [a', 'p.yaml:1:9 This is not YAML: '],
    ['a lost alias', 'name: *nobody', 'An alias cannot be followed: '],
    ['two documents', `${SOUND}---\nname: b\n`, 'The file holds more than one document'],
    ['an unknown tag', 'name: !secret a', 'This is not YAML: Unresolved tag'],
    ['nothing', '# only a comment\n', 'p.yaml:1:1 The file is empty.'],
    ['no text', '', 'p.yaml:1:1 The file is empty.'],
    ['null', '---\n', 'p.yaml:1:1 The file is empty.'],
  ])('for %s', (_, text, problem) => expect(told(text)).toEqual([expect.stringContaining(problem)]));
});

it('are in the order of the file', () => {
  const lines = readPolicy(SOUND.replace('48h', 'x').replace('7d', 'y').replace('name: staging', 'name: Staging'), 'p').problems;
  expect(lines.map(({ line }) => line)).toEqual([5, 7, 11, 12]);
});

it('a file that cannot be read is bad input', () => {
  expect(() => loadPolicy('/nowhere/policy.yaml')).toThrow(expect.objectContaining({ exitCode: 65 }));
  expect(() => loadPolicy('/nowhere/policy.yaml')).toThrow('There is no such file.');
  expect(() => loadPolicy(tmpdir())).toThrow('This is a directory, not a file.');
});
