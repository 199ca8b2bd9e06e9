import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockedImage, missingImage, toolImage } from '../../src/lock/lookup.js';
import { loadLock, parseLock } from '../../src/lock/parse.js';
import type { Problem } from '../../src/problem.js';
import { digest, entry } from './support.js';

const ENTRY = `{tag: 1.4.2, digest: "${digest('a')}", releasedAt: 2026-11-10T09:00:00Z, releasedFrom: config}`;

function problemsOf(text: string): readonly Problem[] {
  try {
    parseLock(text, 'images.lock.yaml');
  } catch (error) {
    expect(error).toMatchObject({ exitCode: 65 });
    return (error as { problems: readonly Problem[] }).problems;
  }
  return [];
}

const at = ({ line, column, path }: Problem) => `${line}:${column} ${path}`;

describe('parseLock', () => {
  it('reads a lock, its keys normalised', () => {
    const text = `schemaVersion: 1
images:
  nginx:
    staging: {tag: latest, digest: "${digest('a')}", platforms: {linux/amd64: "${digest('b')}"}, releasedAt: 2026-11-10T09:00:00Z, releasedFrom: config}
    production:
      tag: 1.10   # a number to YAML, a tag here
      digest: ${digest('c')}
      releasedAt: "2026-10-02T07:00:00+02:00"
      releasedFrom: label
      promotedAt: 2026-10-05T22:10:00.5Z
      held: {digest: "${digest('d')}", firstSeenAt: 2026-11-01T00:00:00Z}
tools:
  trivy: {image: docker.io/aquasec/trivy, tag: 0.74.0, digest: "${digest('e')}"}
  agent: {image: localhost:5000/node, tag: 20}
`;
    expect(parseLock(text, 'f')).toEqual({
      schemaVersion: 1,
      images: {
        'docker.io/library/nginx:latest': {
          staging: entry('latest', 'a', { platforms: { 'linux/amd64': digest('b') } }),
          production: {
            tag: '1.10',
            digest: digest('c'),
            releasedAt: '2026-10-02T07:00:00+02:00',
            releasedFrom: 'label',
            promotedAt: '2026-10-05T22:10:00.5Z',
            held: { digest: digest('d'), firstSeenAt: '2026-11-01T00:00:00Z' },
          },
        },
      },
      tools: {
        trivy: { image: 'docker.io/aquasec/trivy', tag: '0.74.0', digest: digest('e') },
        agent: { image: 'localhost:5000/node', tag: '20' },
      },
    });
  });

  it('reads JSON, and a lock without images', () => {
    expect(parseLock('{"schemaVersion": 1}', 'f')).toEqual({ schemaVersion: 1, images: {}, tools: {} });
    expect(parseLock('schemaVersion: 1\nimages:\n', 'f').images).toEqual({});
  });

  it('reports every problem with its place', () => {
    const text = `schemaVersion: 2
imags: {}
images:
  nginx:
    staging: {tag: "a b", digest: "sha256:abc", releasedAt: 2026-02-30T00:00:00Z, releasedFrom: guess}
    production: {tag: 1, digset: x}
  Nginx: {}
tools:
  trivvy: {image: x, tag: 1}
  grype: {image: "anchore/grype:v1"}
`;
    const problems = problemsOf(text);
    expect(problems.map(at)).toEqual([
      '2:1 imags',
      '1:16 schemaVersion',
      '5:20 images["nginx"].staging.tag',
      '5:35 images["nginx"].staging.digest',
      '5:61 images["nginx"].staging.releasedAt',
      '5:97 images["nginx"].staging.releasedFrom',
      '6:26 images["nginx"].production.digset',
      '6:17 images["nginx"].production.digest',
      '6:17 images["nginx"].production.releasedAt',
      '6:17 images["nginx"].production.releasedFrom',
      '7:3 images["Nginx"]',
      '9:3 tools.trivvy',
      '10:18 tools.grype.image',
      '10:10 tools.grype.tag',
    ]);
    expect(problems.map(({ hint }) => hint).filter(Boolean)).toEqual([
      'Did you mean images?',
      'Did you mean digest?',
      'Did you mean trivy?',
    ]);
    expect(problems[3]).toMatchObject({ expected: '`sha256:` and 64 hex digits', received: 'sha256:abc' });
  });

  it.each([
    { what: 'an empty file', text: '', said: 'there is nothing here' },
    { what: 'a list', text: '- 1', said: 'this is not a map' },
    { what: 'a list of images', text: 'schemaVersion: 1\nimages: [nginx]\n', said: 'this is not a map' },
    {
      what: 'a tag without a value',
      text: `schemaVersion: 1\nimages:\n  nginx: {s: ${ENTRY.replace('1.4.2', '')}}\n`,
      said: 'this is not a text',
    },
    {
      what: 'a map for a tag',
      text: `schemaVersion: 1\nimages:\n  nginx: {s: ${ENTRY.replace('1.4.2', '{}')}}\n`,
      said: 'this is not a text',
    },
    { what: 'broken YAML', text: 'images: {', said: 'not YAML' },
    { what: 'a key that is there twice', text: `schemaVersion: 1\nimages:\n  nginx: {}\n  nginx: {}\n`, said: 'this key is there twice' },
    {
      what: 'a stage that is there twice',
      text: `schemaVersion: 1\nimages:\n  nginx:\n    s: ${ENTRY}\n    s: ${ENTRY}\n`,
      said: 'this key is there twice',
    },
    {
      what: 'one image under two names',
      text: `schemaVersion: 1\nimages:\n  nginx: {}\n  docker.io/library/nginx:latest: {}\n`,
      said: 'means the same image as "nginx": both are docker.io/library/nginx:latest',
    },
    { what: 'a key with a digest', text: `schemaVersion: 1\nimages:\n  nginx@${digest('a')}: {}\n`, said: 'a reference without a digest' },
    { what: 'an alias', text: `schemaVersion: 1\nimages:\n  nginx: {s: &e ${ENTRY}, t: *e}\n`, said: 'this is not a map' },
    {
      what: 'a digest in capitals',
      text: `schemaVersion: 1\nimages:\n  nginx: {s: ${ENTRY.replace(digest('a'), digest('A'))}}\n`,
      said: 'this is malformed',
    },
    {
      what: 'a date without a time',
      text: `schemaVersion: 1\nimages:\n  nginx: {s: ${ENTRY.replace('2026-11-10T09:00:00Z', '2026-11-10')}}\n`,
      said: 'this is malformed',
    },
    { what: 'hour 25', text: `schemaVersion: 1\nimages:\n  nginx: {s: ${ENTRY.replace('T09', 'T25')}}\n`, said: 'there is no such date' },
    {
      what: 'an odd platform',
      text: `schemaVersion: 1\nimages:\n  nginx: {s: ${ENTRY.replace('}', `, platforms: {linux: "${digest('b')}"}}`)}}\n`,
      said: 'this is not a platform',
    },
  ])('refuses $what', ({ text, said }) => {
    const problems = problemsOf(text);
    expect(problems.map(({ message }) => message).join('\n')).toContain(said);
    expect(problems.every(({ line, column, file }) => (line ?? 0) >= 1 && (column ?? 0) >= 1 && file === 'images.lock.yaml')).toBe(true);
  });
});

describe('loadLock', () => {
  it('names the file that it cannot read, and the place in one that it can', () => {
    const directory = mkdtempSync(join(tmpdir(), 'patchway-lock-'));
    const file = join(directory, 'l.yaml');
    expect(() => loadLock(file)).toThrow(`${file}: the image lock cannot be read. Write one with \`patchway lock update\``);
    writeFileSync(file, 'schemaVersion: 3\n');
    expect(() => loadLock(file)).toThrow(
      `${file}: 1 problem\n  ${file}:1:16 schemaVersion: this version is not known. (expected 1, received 3)`,
    );
    rmSync(directory, { recursive: true });
  });
});

describe('lookup', () => {
  const lock = parseLock(
    `schemaVersion: 1\nimages:\n  localhost:5000/web:1.4:\n    staging: ${ENTRY}\ntools:\n  trivy: {image: aquasec/trivy, tag: 0.74.0, digest: "${digest('e')}"}\n  grype: {image: anchore/grype, tag: v1}\n`,
    'f',
  );

  it('renders repository, tag and digest', () => {
    expect(lockedImage(lock, `localhost:5000/web:1.4@${digest('f')}`, 'staging')).toMatchObject({
      reference: 'localhost:5000/web:1.4',
      repository: 'localhost:5000/web',
      image: `localhost:5000/web:1.4.2@${digest('a')}`,
    });
    expect(toolImage(lock, 'trivy')).toBe(`aquasec/trivy:0.74.0@${digest('e')}`);
  });

  it.each([
    ['localhost:5000/web:1.4', 'production'],
    ['localhost:5000/web:1.5', 'staging'],
    ['NOT A REFERENCE', 'staging'],
    ['localhost:5000/web:1.4', 'constructor'],
  ])('has nothing for %s in %s', (reference, stage) => {
    expect(lockedImage(lock, reference, stage)).toBeUndefined();
  });

  it('says what to do about what is missing', () => {
    expect(missingImage('web:1.5', 'staging')).toBe(
      'web:1.5 is not locked for stage staging. Add it with `patchway lock update --image web:1.5`.',
    );
    expect(() => toolImage(lock, 'grype')).toThrow('the lock has no digest for grype (anchore/grype:v1). Run `patchway lock update`.');
    expect(() => toolImage(lock, 'agent')).toThrow('the lock names no image for agent.');
  });
});
