import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { elideBundle } from '../../src/testing.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const outdir = mkdtempSync(join(tmpdir(), 'patchway-adopt-'));

describe('examples/adopt-cdk8s', () => {
  let printed = '';
  // As a user runs it: on the built package, which the test command has made.
  beforeAll(() => {
    const program = spawnSync(process.execPath, ['--import', 'tsx', 'examples/adopt-cdk8s/main.ts'], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, CDK8S_OUTDIR: outdir, TSX_TSCONFIG_PATH: 'examples/tsconfig.json' },
    });
    printed = program.stderr;
  });
  afterAll(() => rmSync(outdir, { recursive: true, force: true }));

  it('lists what it covers in each stage, and what not', () => {
    const lines = printed.trim().split('\n');
    expect(lines.filter((line) => line.endsWith(' covered'))).toHaveLength(18);
    expect(lines).toContain('production Deployment/legacy ignored: Retired at the end of the year.');
    expect(lines).toContainEqual(expect.stringContaining('warning: [production/api/Resource] Deployment/api spec.minReadySeconds: '));
  });

  // `npm run golden` writes it anew; read the difference before it is committed.
  it('writes what was reviewed for production', async () => {
    const written = elideBundle(readFileSync(join(outdir, 'production.k8s.yaml'), 'utf8'));
    await expect(written).toMatchFileSnapshot(fileURLToPath(new URL('golden/adopt-cdk8s-production.yaml', import.meta.url)));
  });
});
