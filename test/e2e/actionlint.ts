import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { exec } from './cluster.js';

/** The test cluster's own program, beside the repository: it builds actionlint where there is none. */
const CLUSTER = fileURLToPath(new URL('../../../shared/cluster/cluster', import.meta.url));

/** Whether actionlint is to be had: named by PATCHWAY_TEST_ACTIONLINT, or built by the test cluster. In CI it must be. */
export function hasActionlint(): boolean {
  const present = process.env.PATCHWAY_TEST_ACTIONLINT !== undefined || existsSync(CLUSTER);
  if (!present && process.env.CI !== undefined) throw new Error('PATCHWAY_TEST_ACTIONLINT must be set in CI');
  if (!present) console.warn('tests with actionlint skipped: set PATCHWAY_TEST_ACTIONLINT to run them');
  return present;
}

/** The path of actionlint; building it the first time takes minutes. */
export async function actionlintPath(): Promise<string> {
  const named = process.env.PATCHWAY_TEST_ACTIONLINT;
  if (named !== undefined) return named;
  const built = await exec(CLUSTER, ['tool', 'actionlint']);
  const path = built.stdout.trim().split('\n').at(-1);
  if (built.code !== 0 || path === undefined || path === '') throw new Error(`actionlint could not be built: ${built.stderr}`);
  return path;
}
