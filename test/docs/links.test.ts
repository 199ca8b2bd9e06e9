import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const documents = [
  ...readdirSync(root).filter((file) => file.endsWith('.md')),
  ...(readdirSync(join(root, 'docs'), { recursive: true }) as string[]).filter((f) => f.endsWith('.md')).map((file) => join('docs', file)),
];

describe('documentation', () => {
  it.each(documents)('%s links to what exists', (document) => {
    const text = readFileSync(join(root, document), 'utf8');
    const links = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map(([, link]) => link ?? '');
    const missing = links.filter((link) => !existsSync(join(root, dirname(document), link)));
    expect(missing.map((link) => `${relative('.', document)}: ${link}`)).toEqual([]);
  });
});
