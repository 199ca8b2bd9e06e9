import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_LOCK, editLock, type LockChanges, writeLock } from '../../src/lock/edit.js';
import type { ImageLock, LockEntry } from '../../src/lock/lock.js';
import { parseLock } from '../../src/lock/parse.js';
import { normaliseReference } from '../../src/lock/reference.js';
import { digest, entry } from './support.js';

const rendered = (tag: string, digit: string) =>
  `{tag: ${tag}, digest: "${digest(digit)}", releasedAt: 2026-11-10T09:00:00Z, releasedFrom: config}`;

const COMMENTED = `# Images of the storefront.
schemaVersion: 1

images:
  # The shop itself.
  ghcr.io/acme/web:1.4:      # owned by team web
    staging:    ${rendered('1.4.2', 'a')}   # newest
    production: ${rendered("'1.4.1'", 'b')}

  nginx:
    staging:
      tag: 1.27          # stable
      digest: ${digest('c')}
      releasedAt: 2026-11-10T09:00:00Z
      # not from us
      releasedFrom: config
# end
tools:
  trivy: {image: docker.io/aquasec/trivy, tag: 0.74.0}  # no digest yet
`;

describe('editLock', () => {
  it('changes the characters concerned and no other', () => {
    const edited = editLock(COMMENTED, {
      images: {
        'ghcr.io/acme/web:1.4': { production: entry('1.4.2', 'a', { promotedAt: '2026-11-12T00:00:00Z' }) },
        'docker.io/library/nginx:latest': { staging: entry('1.28', 'd') },
      },
      tools: { trivy: { image: 'docker.io/aquasec/trivy', tag: '0.74.0', digest: digest('e') } },
    });
    const expected = COMMENTED.replace(
      rendered("'1.4.1'", 'b'),
      `${rendered("'1.4.2'", 'a').slice(0, -1)}, promotedAt: 2026-11-12T00:00:00Z}`,
    )
      .replace('tag: 1.27 ', 'tag: "1.28" ')
      .replace(`digest: ${digest('c')}`, `digest: "${digest('d')}"`)
      .replace('tag: 0.74.0}', `tag: 0.74.0, digest: "${digest('e')}"}`);
    expect(edited).toBe(expected);
  });

  it('adds stages, references and tools where the others are', () => {
    const edited = editLock(COMMENTED, {
      images: {
        'ghcr.io/acme/web:1.4': { canary: entry('1.4.2', 'a') },
        nginx: { production: entry('1.27', 'c') },
        'redis:8': { staging: entry('8', 'd') },
      },
      tools: { agent: { image: 'node', tag: '20' } },
    });
    expect(edited).toBe(
      COMMENTED.replace(`${rendered("'1.4.1'", 'b')}\n`, `${rendered("'1.4.1'", 'b')}\n    canary: ${rendered('1.4.2', 'a')}\n`)
        .replace(
          '      releasedFrom: config\n',
          `      releasedFrom: config\n    production: ${rendered('"1.27"', 'c')}\n  redis:8:\n    staging: ${rendered('"8"', 'd')}\n`,
        )
        .replace('# no digest yet\n', '# no digest yet\n  agent: {image: node, tag: "20"}\n'),
    );
  });

  it('removes what an entry no longer has, in braces and in lines', () => {
    const text = `schemaVersion: 1
images:
  nginx:
    a: {promotedAt: 2026-11-12T00:00:00Z, tag: x, digest: "${digest('a')}", platforms: {linux/amd64: "${digest('b')}"}, releasedAt: 2026-11-10T09:00:00Z, releasedFrom: config}
    b:
      tag: x
      platforms:
        linux/amd64: "${digest('b')}"
      digest: "${digest('a')}"
      releasedAt: 2026-11-10T09:00:00Z
      releasedFrom: config
      promotedAt: 2026-11-12T00:00:00Z
`;
    const edited = editLock(text, { images: { nginx: { a: entry('x', 'a'), b: entry('x', 'a') } } });
    expect(edited).toBe(`schemaVersion: 1
images:
  nginx:
    a: ${rendered('x', 'a')}
    b:
      tag: x
      digest: "${digest('a')}"
      releasedAt: 2026-11-10T09:00:00Z
      releasedFrom: config
`);
  });

  it.each([
    {
      what: 'an empty lock',
      text: EMPTY_LOCK,
      result: EMPTY_LOCK.replace('images: {}', `images:\n  nginx:\n    s: ${rendered('"1"', 'a')}`),
    },
    {
      what: 'no value',
      text: 'schemaVersion: 1\nimages: # none yet\n',
      result: `schemaVersion: 1\nimages:\n  nginx:\n    s: ${rendered('"1"', 'a')} # none yet\n`,
    },
    { what: 'no key', text: 'schemaVersion: 1', result: `schemaVersion: 1\nimages:\n  nginx:\n    s: ${rendered('"1"', 'a')}` },
    {
      what: 'no stages',
      text: 'schemaVersion: 1\nimages:\n  nginx: {}\n',
      result: `schemaVersion: 1\nimages:\n  nginx:\n    s: ${rendered('"1"', 'a')}\n`,
    },
    {
      what: 'braces',
      text: 'schemaVersion: 1\nimages: {nginx: {}}\n',
      result: `schemaVersion: 1\nimages: {nginx: {s: ${rendered('"1"', 'a')}}}\n`,
    },
    {
      what: 'Windows line ends',
      text: 'schemaVersion: 1\r\nimages:\r\n  nginx: {}\r\n',
      result: `schemaVersion: 1\r\nimages:\r\n  nginx:\r\n    s: ${rendered('"1"', 'a')}\r\n`,
    },
  ])('starts from $what', ({ text, result }) => {
    expect(editLock(text, { images: { nginx: { s: entry('1', 'a') } } })).toBe(result);
  });

  it('keeps JSON JSON', () => {
    const edited = editLock('{\n  "schemaVersion": 1,\n  "images": {}\n}\n', {
      images: { nginx: { s: entry('1', 'a') } },
      tools: { trivy: { image: 'a/b', tag: 'v1' } },
    });
    expect(JSON.parse(edited)).toEqual({
      schemaVersion: 1,
      images: { nginx: { s: entry('1', 'a') } },
      tools: { trivy: { image: 'a/b', tag: 'v1' } },
    });
  });

  it('touches nothing where nothing changes', () => {
    expect(editLock(COMMENTED, { images: { nginx: { staging: entry('1.27', 'c') } }, tools: {} })).toBe(COMMENTED);
    expect(editLock(COMMENTED, {})).toBe(COMMENTED);
  });

  it('does not edit what is not a lock', () => {
    expect(() => editLock('images: [', {})).toThrow('not YAML');
  });

  const instants = fc
    .date({ min: new Date('2001-01-01'), max: new Date('2030-01-01'), noInvalidDate: true })
    .map((date) => `${date.toISOString().slice(0, 19)}Z`);
  const digests = fc.constantFrom(...'0123456789abcdef').map(digest);
  const tags = fc.oneof(
    fc.constantFrom('1.10', '1e3', 'null', 'true', '0x1f', '1_000', 'latest', '~x', '08'),
    fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,12}$/),
  );
  const entries: fc.Arbitrary<LockEntry> = fc.record(
    {
      tag: tags.filter((tag) => /^[A-Za-z0-9_]/.test(tag)),
      digest: digests,
      releasedAt: instants,
      releasedFrom: fc.constantFrom('label' as const, 'config' as const, 'firstSeen' as const),
      platforms: fc.dictionary(fc.constantFrom('linux/amd64', 'linux/arm64', 'linux/arm/v7'), digests, { minKeys: 1 }),
      promotedAt: instants,
      held: fc.record({ digest: digests, firstSeenAt: instants }),
    },
    { requiredKeys: ['tag', 'digest', 'releasedAt', 'releasedFrom'] },
  );
  const stages = fc.dictionary(fc.constantFrom('staging', 'production', 'null', 'on', '1'), entries, { minKeys: 1 });
  const images = fc.dictionary(fc.constantFrom('nginx', 'ghcr.io/acme/web:1.4', '10.244.0.1:5000/web:1.0.0', 'true', 'redis:8'), stages, {
    minKeys: 1,
    maxKeys: 4,
  });
  const changes: fc.Arbitrary<LockChanges> = fc.record({ images });
  const texts = fc.constantFrom(
    EMPTY_LOCK,
    COMMENTED,
    COMMENTED.replaceAll('\n', '\r\n'),
    '{"schemaVersion": 1, "images": {}}',
    'images: {nginx: {}}\nschemaVersion: 1\n',
  );

  it('says afterwards what was wanted, keeps what was not named, and is stable', () => {
    fc.assert(
      fc.property(texts, fc.array(changes, { minLength: 1, maxLength: 3 }), (start, steps) => {
        let text = start;
        for (const step of steps) {
          const before = parseLock(text, 'before');
          text = editLock(text, step);
          expect(parseLock(text, 'after')).toEqual(merged(before, step));
          expect(editLock(text, step)).toBe(text);
        }
        for (const comment of start.match(/# .*$/gm) ?? []) expect(text).toContain(comment);
      }),
      { numRuns: 120 },
    );
  });
});

function merged(lock: ImageLock, { images = {} }: LockChanges): ImageLock {
  const result: Record<string, Record<string, LockEntry>> = Object.fromEntries(
    Object.entries(lock.images).map(([key, stages]) => [key, { ...stages }]),
  );
  for (const [reference, stages] of Object.entries(images)) {
    const key = normaliseReference(reference) ?? '';
    result[key] = { ...result[key], ...stages };
  }
  return { ...lock, images: result };
}

describe('writeLock', () => {
  it('replaces the file as a whole, through a link, keeping its mode', () => {
    const directory = mkdtempSync(join(tmpdir(), 'patchway-write-'));
    const [file, link] = [join(directory, 'a.yaml'), join(directory, 'link.yaml')];
    writeFileSync(file, 'old', { mode: 0o640 });
    symlinkSync(file, link);
    writeLock(link, 'new');
    expect(readFileSync(file, 'utf8')).toBe('new');
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readdirSync(directory).sort()).toEqual(['a.yaml', 'link.yaml']);
    rmSync(directory, { recursive: true });
    expect(() => writeLock(file, 'x')).toThrow(`${file}: the image lock cannot be written: `);
  });
});
