import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { exec, type Outcome } from './cluster.js';

/** The test cluster's own program, beside the repository: it builds promtool where there is none. */
const CLUSTER = fileURLToPath(new URL('../../../shared/cluster/cluster', import.meta.url));

/** Whether promtool is to be had: named by PATCHWAY_TEST_PROMTOOL, or built by the test cluster. In CI it must be. */
export function hasPromtool(): boolean {
  const present = process.env.PATCHWAY_TEST_PROMTOOL !== undefined || existsSync(CLUSTER);
  if (!present && process.env.CI !== undefined) throw new Error('PATCHWAY_TEST_PROMTOOL must be set in CI');
  if (!present) console.warn('tests with promtool skipped: set PATCHWAY_TEST_PROMTOOL to run them');
  return present;
}

/** The path of promtool; building it the first time takes minutes. */
export async function promtoolPath(): Promise<string> {
  const named = process.env.PATCHWAY_TEST_PROMTOOL;
  if (named !== undefined) return named;
  const built = await exec(CLUSTER, ['tool', 'promtool']);
  const path = built.stdout.trim().split('\n').at(-1);
  if (built.code !== 0 || path === undefined || path === '') throw new Error(`promtool could not be built: ${built.stderr}`);
  return path;
}

/** Runs promtool; `input` is its standard input. */
export async function promtool(args: readonly string[], input?: string): Promise<Outcome> {
  return exec(await promtoolPath(), args, input === undefined ? {} : { input });
}
