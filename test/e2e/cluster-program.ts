import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { exec } from './cluster.js';

/** The test cluster's own command, beside the repository: it builds programs where they are not there. */
const CLUSTER = fileURLToPath(new URL('../../../shared/cluster/cluster', import.meta.url));

/** A program that tests run. */
export interface ClusterProgram {
  /** Whether it is to be had: named by its variable (PATCHWAY_TEST_PROMTOOL, for one), or built by the test cluster. In CI it must be. */
  present(): boolean;
  /** Its path; building it the first time takes minutes. */
  path(): Promise<string>;
}

export function clusterProgram(name: string): ClusterProgram {
  const variable = `PATCHWAY_TEST_${name.toUpperCase().replaceAll('-', '_')}`;
  const named = process.env[variable];
  return {
    present() {
      const present = named !== undefined || existsSync(CLUSTER);
      if (!present && process.env.CI !== undefined) throw new Error(`${variable} must be set in CI`);
      if (!present) console.warn(`tests with ${name} skipped: set ${variable} to run them`);
      return present;
    },
    async path() {
      if (named !== undefined) return named;
      const built = await exec(CLUSTER, ['tool', name]);
      const path = built.stdout.trim().split('\n').at(-1);
      if (built.code !== 0 || path === undefined || path === '') throw new Error(`${name} could not be built: ${built.stderr}`);
      return path;
    },
  };
}
