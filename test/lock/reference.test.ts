import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseReference, parseReference } from '../../src/lock/reference.js';
import { digest } from './support.js';

describe('normaliseReference', () => {
  it.each([
    ['nginx', 'docker.io/library/nginx:latest'],
    ['nginx:1.27', 'docker.io/library/nginx:1.27'],
    ['library/nginx', 'docker.io/library/nginx:latest'],
    ['docker.io/nginx', 'docker.io/library/nginx:latest'],
    ['index.docker.io/library/nginx:latest', 'docker.io/library/nginx:latest'],
    ['acme/web:1.4', 'docker.io/acme/web:1.4'],
    ['ghcr.io/acme/web:1.4', 'ghcr.io/acme/web:1.4'],
    ['localhost/web', 'localhost/web:latest'],
    ['localhost:5000/web', 'localhost:5000/web:latest'],
    ['10.244.0.1:5000/web:1.0.0', '10.244.0.1:5000/web:1.0.0'],
    [`ghcr.io/acme/web:1.4@${digest('a')}`, 'ghcr.io/acme/web:1.4'],
    [`ghcr.io/acme/web@${digest('a')}`, 'ghcr.io/acme/web:latest'],
    ['Nginx', undefined],
    ['', undefined],
    ['ghcr.io/', undefined],
    ['nginx:', undefined],
    ['nginx:a b', undefined],
    ['nginx@sha256:abc', undefined],
    ['a//b', undefined],
    ['../etc', undefined],
  ])('%s', (text, expected) => {
    expect(normaliseReference(text)).toBe(expected);
  });

  const part = fc.stringMatching(/^[a-z0-9]{1,8}$/);
  const registry = fc.oneof(
    fc.constant('docker.io'),
    fc.tuple(part, fc.constantFrom('com', 'io')).map((labels) => labels.join('.')),
    fc.tuple(part, fc.integer({ min: 1, max: 65535 })).map(([host, port]) => `${host}.internal:${port}`),
  );
  const path = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
  const tag = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/);

  it('is its own fixed point, and keeps registry, path and tag', () => {
    fc.assert(
      fc.property(registry, path, tag, (host, name, version) => {
        const normal = normaliseReference(`${host}/${name}:${version}`);
        const fullPath = host === 'docker.io' && !name.includes('/') ? `library/${name}` : name;
        expect(normal).toBe(`${host}/${fullPath}:${version}`);
        expect(normaliseReference(normal ?? '')).toBe(normal);
      }),
    );
  });

  it('gives Docker Hub one name, however it is written', () => {
    fc.assert(
      fc.property(part, tag, (name, version) => {
        const ways = [name, `library/${name}`, `docker.io/${name}`, `docker.io/library/${name}`, `index.docker.io/${name}`];
        expect(new Set(ways.map((way) => normaliseReference(`${way}:${version}`))).size).toBe(1);
      }),
    );
  });

  it('ignores a digest and never throws', () => {
    fc.assert(
      fc.property(path, tag, (name, version) => {
        expect(normaliseReference(`r.io/${name}:${version}@${digest('f')}`)).toBe(`r.io/${name}:${version}`);
      }),
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        expect(['string', 'undefined']).toContain(typeof normaliseReference(text));
      }),
    );
  });
});

describe('parseReference', () => {
  it('takes a reference apart', () => {
    expect(parseReference(`nginx@${digest('a')}`)).toEqual({
      registry: 'docker.io',
      path: 'library/nginx',
      repository: 'docker.io/library/nginx',
      digest: digest('a'),
    });
    expect(parseReference('localhost:5000/a/b:1')).toEqual({
      registry: 'localhost:5000',
      path: 'a/b',
      repository: 'localhost:5000/a/b',
      tag: '1',
    });
  });
});
