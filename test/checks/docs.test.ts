import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { CHECKS } from '../../src/policy/synthesis-checks.js';

it('docs/checks.md lists every check with its default', () => {
  const page = readFileSync(new URL('../../docs/checks.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+)` \| (\w+)/gm)].map(([, name, severity]) => [name, severity]);
  expect(rows).toEqual(Object.entries(CHECKS));
});
