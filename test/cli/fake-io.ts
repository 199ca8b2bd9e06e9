import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Io } from '../../src/cli/io.js';
import { run } from '../../src/cli/program.js';

/** A directory of files for one test, and the command line in it. */
export function sandbox(files: Readonly<Record<string, string>> = {}) {
  const cwd = mkdtempSync(join(tmpdir(), 'patchway-cli-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const write = (name: string, text: string) => {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), text);
  };
  for (const [name, text] of Object.entries(files)) write(name, text);
  return {
    cwd,
    write,
    read: (name: string) => readFileSync(join(cwd, name), 'utf8'),
    list: (directory = '.') => readdirSync(join(cwd, directory), { recursive: true }).map(String).sort(),
    run: (...args: readonly string[]) => runIn(cwd, args),
  };
}

/** What a command line printed and exited with. */
export async function runIn(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}, stdin = '') {
  let stdout = '';
  let stderr = '';
  const io: Io = {
    out: (text) => {
      stdout += text;
    },
    err: (text) => {
      stderr += text;
    },
    stdin: async () => stdin,
    color: false,
    env,
    cwd,
    now: () => Date.parse('2026-11-21T10:00:00Z'),
  };
  const code = await run(args, io, '1.2.3');
  return { code, stdout, stderr };
}
