import { exec, type Outcome } from './cluster.js';
import { clusterProgram } from './cluster-program.js';

export const { present: hasPromtool, path: promtoolPath } = clusterProgram('promtool');

/** Runs promtool; `input` is its standard input. */
export async function promtool(args: readonly string[], input?: string): Promise<Outcome> {
  return exec(await promtoolPath(), args, input === undefined ? {} : { input });
}
