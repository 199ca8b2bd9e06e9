import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
// Inside the repository, so that the snippet finds the library by its name.
const directory = mkdtempSync(join(root, 'test/docs/readme-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
const entry = `{tag: 1.4.2, digest: "${digest}", releasedAt: 2026-11-10T09:00:00Z, releasedFrom: config}`;
const lock = `schemaVersion: 1
images:
  ghcr.io/acme/web:1.4:
    staging: ${entry}
    production: ${entry}
tools:
  agent: {image: docker.io/library/node, tag: 22-slim, digest: "${digest}"}
  trivy: {image: docker.io/aquasec/trivy, tag: 0.74.0, digest: "${digest}"}
  grype: {image: docker.io/anchore/grype, tag: v0.116.0, digest: "${digest}"}
`;

it("README's first policy compiles, and synthesizes both stages", () => {
  const [, snippet = ''] = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? [];
  expect(snippet).toContain('definePolicy(');
  writeFileSync(join(directory, 'main.ts'), snippet);
  writeFileSync(join(directory, 'images.lock.yaml'), lock);
  writeFileSync(
    join(directory, 'tsconfig.json'),
    JSON.stringify({ extends: '../../../tsconfig.json', compilerOptions: { paths: {} }, include: ['main.ts'] }),
  );
  const node = (...args: string[]) => execFileSync(process.execPath, args, { cwd: directory, encoding: 'utf8' });
  node(join(root, 'node_modules/typescript/bin/tsc'), '-p', directory);
  node(join(root, 'node_modules/tsx/dist/cli.mjs'), '--tsconfig', join(directory, 'tsconfig.json'), 'main.ts');
  expect(readdirSync(join(directory, 'dist')).sort()).toEqual(['production.k8s.yaml', 'staging.k8s.yaml']);
  expect(readFileSync(join(directory, 'dist/production.k8s.yaml'), 'utf8')).toContain(`image: ghcr.io/acme/web:1.4.2@${digest}`);
}, 120_000);
