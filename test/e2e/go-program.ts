import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'patchway-cluster');

/** The path of a program, built from its published module, which takes minutes once per machine. */
export async function goProgram(command: string, version: string): Promise<string> {
  const name = basename(command);
  const directory = join(cache, `${name}-${version}`);
  const built = join(directory, name);
  if (existsSync(built)) return built;
  mkdirSync(directory, { recursive: true });
  const draft = mkdtempSync(join(directory, 'build-'));
  try {
    await promisify(execFile)('go', ['install', '-trimpath', '-ldflags', '-s -w', `${command}@${version}`], {
      cwd: draft,
      env: { ...process.env, GOBIN: draft, GOFLAGS: '', CGO_ENABLED: '0' },
      maxBuffer: 64 * 2 ** 20,
    });
    renameSync(join(draft, name), built);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return built;
}
