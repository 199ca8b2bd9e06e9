import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { exec } from './cluster.js';

/** The test cluster's own program, beside the repository: it builds Helm 3 where there is none. */
const CLUSTER = fileURLToPath(new URL('../../../shared/cluster/cluster', import.meta.url));

/** The path of Helm 3: PATCHWAY_TEST_HELM3, built by the test cluster, or the one that is installed. */
export async function helm3Path(): Promise<string> {
  const named = process.env.PATCHWAY_TEST_HELM3;
  if (named !== undefined || !existsSync(CLUSTER)) return named ?? 'helm';
  const built = await exec(CLUSTER, ['tool', 'helm']);
  const path = built.stdout.trim().split('\n').at(-1);
  if (built.code !== 0 || path === undefined || path === '') throw new Error(`helm could not be built: ${built.stderr}`);
  return path;
}
