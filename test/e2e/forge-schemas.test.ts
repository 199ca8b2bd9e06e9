import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { exec } from './cluster.js';
import { clusterProgram } from './cluster-program.js';
import { type Forge, PATCHWAY, policyOf } from './forge-support.js';
import { schemaStore, validatorOf } from './schemas.js';

const actionlint = clusterProgram('actionlint');

/** What `patchway ci promotion` writes, by name. */
async function written(engine: Forge, ...options: readonly string[]): Promise<readonly string[]> {
  const cwd = mkdtempSync(join(tmpdir(), 'patchway-workflows-'));
  writeFileSync(join(cwd, 'patch-policy.yaml'), JSON.stringify(policyOf(engine, { staging: 'shop-staging', production: 'shop' })));
  const { code, stderr } = await exec('node', [PATCHWAY, 'ci', 'promotion', '-w', 'k8s/web.yaml', ...options, '-o', '.'], { cwd });
  expect([code, stderr]).toEqual([0, '']);
  const files = readdirSync(cwd, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yml'));
  return files.map((name) => readFileSync(join(cwd, name), 'utf8'));
}

const OPTIONS = [[], ['--gitops'], ['--oidc', 'https://k8s.acme.example', '--reviewers', 'ann,bob']];

describe('the workflows that promote by GitHub Actions', () => {
  it.runIf(actionlint.present()).each(OPTIONS.map((options) => [options.join(' '), options] as const))(
    'satisfy actionlint with options %j',
    async (_, options) => {
      const lint = async (text: string) => exec(await actionlint.path(), ['-'], { input: text });
      const files = await written('github-actions', ...options);
      expect(files).toHaveLength(2);
      for (const text of files) {
        expect(await lint(text)).toEqual({ code: 0, stdout: '', stderr: '' });
        expect((await lint(text.replace('needs.', 'need.').replace('runs-on', 'run-on'))).code).toBe(1);
      }
    },
  );
});

describe('the jobs that promote by GitLab CI', () => {
  let store: string;
  beforeAll(async () => {
    store = await schemaStore();
  });

  it.each(OPTIONS.map((options) => [options.join(' '), options] as const))(
    'are valid under its schema with options %j',
    async (_, options) => {
      const directory = join(store, 'gitlab.com');
      const [schema = ''] = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('ci.json'));
      const validate = validatorOf(join(directory, schema));
      const [text = ''] = await written('gitlab-ci', ...options, '--runner', 'registry.acme.example/runner:1');
      const jobs = parse(text);
      validate(jobs);
      expect(validate.errors ?? []).toEqual([]);
      validate({ ...jobs, 'patchway-deploy-staging': { ...jobs['patchway-deploy-staging'], resource_group: 1 } });
      expect(validate.errors).not.toBeNull();
    },
  );
});
