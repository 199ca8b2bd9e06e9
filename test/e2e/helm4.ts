import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const VERSION = 'v4.3.1';
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'patchway-cluster', `helm-${VERSION}`);

/** The path of Helm 4: PATCHWAY_TEST_HELM4, or built from its published module, which takes minutes once per machine. */
export async function helm4Path(): Promise<string> {
  const named = process.env.PATCHWAY_TEST_HELM4;
  if (named !== undefined) return named;
  const built = join(cache, 'helm');
  if (existsSync(built)) return built;
  mkdirSync(cache, { recursive: true });
  const draft = mkdtempSync(join(cache, 'build-'));
  try {
    await promisify(execFile)('go', ['install', '-trimpath', '-ldflags', '-s -w', `helm.sh/helm/v4/cmd/helm@${VERSION}`], {
      cwd: draft,
      env: { ...process.env, GOBIN: draft, GOFLAGS: '', CGO_ENABLED: '0' },
      maxBuffer: 64 * 2 ** 20,
    });
    renameSync(join(draft, 'helm'), built);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return built;
}
