import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { Manifest } from '../../src/manifest/manifest.js';
import { elideBundle, matchers } from '../../src/testing.js';
import { runIn } from '../cli/fake-io.js';

expect.extend(matchers);

const root = fileURLToPath(new URL('../..', import.meta.url));
const outdir = mkdtempSync(join(tmpdir(), 'patchway-examples-'));
const FILES = ['production.k8s.yaml', 'staging.k8s.yaml'];
const read = (directory: string, file: string) => readFileSync(join(outdir, directory, file), 'utf8');
const golden = (file: string) => fileURLToPath(new URL(`golden/${file}`, import.meta.url));

let printed = '';
let fromYaml: Awaited<ReturnType<typeof runIn>>;

// As a user runs them: on the built package, which the test command has made.
beforeAll(async () => {
  const program = spawnSync(process.execPath, ['--import', 'tsx', 'examples/storefront/main.ts'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, CDK8S_OUTDIR: join(outdir, 'storefront'), TSX_TSCONFIG_PATH: 'examples/tsconfig.json' },
  });
  printed = program.stderr;
  const directory = join(root, 'examples/storefront-yaml');
  const workloads = readdirSync(join(directory, 'workloads')).map((file) => `workloads/${file}`);
  fromYaml = await runIn(directory, ['synth', 'patch-policy.yaml', '-w', ...workloads, '-o', join(outdir, 'storefront-yaml')]);
});
afterAll(() => rmSync(outdir, { recursive: true, force: true }));

describe('examples/storefront', () => {
  it('says in a line for each stage what was written where', () => {
    const count = (file: string) => Object.keys(objects(read('storefront', file))).length;
    expect(printed.trim().split('\n')).toEqual([
      `${outdir}/storefront/staging.k8s.yaml: ${count('staging.k8s.yaml')} objects for storefront-staging: api, web, worker`,
      `${outdir}/storefront/production.k8s.yaml: ${count('production.k8s.yaml')} objects for storefront: api, web, worker`,
    ]);
  });

  // `npm run golden` writes it anew; read the difference before it is committed. The other stages follow from the tests below.
  it('writes what was reviewed for production', async () => {
    await expect(elideBundle(read('storefront', 'production.k8s.yaml'))).toMatchFileSnapshot(golden('storefront-production.yaml'));
  });

  it.each(FILES)('names every image in %s by its digest', (file) => {
    expect(read('storefront', file)).toRunLockedImages();
  });
});

describe('examples/storefront-yaml', () => {
  it('has nothing to complain about', () => {
    expect(fromYaml).toMatchObject({ code: 0, stderr: '' });
  });

  it('writes what was reviewed for staging', async () => {
    await expect(elideBundle(read('storefront-yaml', 'staging.k8s.yaml'))).toMatchFileSnapshot(golden('storefront-yaml-staging.yaml'));
  });

  it.each(FILES)('comes to the same objects as the program in %s', (file) => {
    expect(objects(read('storefront-yaml', file))).toEqual(objects(read('storefront', file)));
  });
});

/** By kind, namespace and name; the order of objects in a file is the engine's. */
function objects(text: string): Readonly<Record<string, Manifest>> {
  const manifests = [parseAllDocuments(text)].flat().map((d) => ('toJS' in d ? d.toJS() : d) as Manifest);
  return Object.fromEntries(manifests.map((m) => [`${m.kind}/${m.metadata.namespace}/${m.metadata.name}`, m]));
}
