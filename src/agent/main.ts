import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentCommand } from '../manifest/agent-pod.js';
import type { StageConfig } from '../manifest/stage-config.js';
import { isPatchwayError } from '../problem.js';
import type { AgentRun } from './context.js';
import { storeDatabases } from './databases.js';
import { exportMetrics } from './export.js';
import { fetchImage } from './fetch.js';
import { inCluster } from './kubernetes.js';
import { promoteInCluster } from './promote.js';
import { scanImage } from './scan.js';
import { verifyOnce } from './verify.js';

const COMMANDS: Readonly<Record<AgentCommand, AgentRun>> = {
  fetch: fetchImage,
  scan: scanImage,
  databases: storeDatabases,
  promote: promoteInCluster,
  verify: verifyOnce,
  export: exportMetrics,
};

const log = (line: string) => console.log(`${new Date().toISOString()} ${line}`);

/** Resolves with the exit code. */
async function main([command = '']: readonly string[]): Promise<number> {
  try {
    const run = Object.hasOwn(COMMANDS, command) ? COMMANDS[command as AgentCommand] : undefined;
    if (run === undefined) throw new Error(`no command ${JSON.stringify(command)}; there are ${Object.keys(COMMANDS).join(', ')}`);
    return await run({
      config: JSON.parse(readFileSync('/patchway/config/config.json', 'utf8')) as StageConfig,
      cluster: inCluster(),
      env: process.env,
      now: Date.now,
      sleep: (milliseconds) => sleep(milliseconds),
      log,
    });
  } catch (error) {
    log(
      isPatchwayError(error)
        ? `failed: ${error.message}`
        : `failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    return 1;
  }
}

// What is still under way, as a download that ran out of time, must not keep the pod from ending.
void main(process.argv.slice(2)).then((code) => process.exit(code));
