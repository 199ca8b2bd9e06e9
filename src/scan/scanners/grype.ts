import type { EnvVar } from '../../manifest/manifest.js';
import type { Milliseconds, Scanner } from '../../policy/policy.js';
import { FILES, REPORT, SCRATCH } from '../files.js';
import type { ScannerEngine } from '../scanner.js';

/** Grype by Anchore. Of the scanners here the only one that dates fixes and knows what is exploited. */
export const grype: ScannerEngine = {
  kind: 'grype',
  capabilities: { fixDates: true, exploited: true, epss: true },
  program: {
    tool: 'grype',
    reserved: ['--output', '-o', '--file', '--fail-on', '-f', '--from', '--quiet', '-q'],
    database: {
      directory: 'cache',
      download: (scanner, timeout) => ({ args: ['db', 'update'], env: env(scanner, timeout) }),
    },
    // Not `--quiet`: Grype would then fail without a word.
    start: (scanner, { timeout, cached }) => ({
      args: [`oci-dir:${FILES.layout}`, '--output', 'json', '--file', `${SCRATCH}/${REPORT}`],
      env: [...env(scanner, timeout), ...(cached ? [{ name: 'GRYPE_DB_AUTO_UPDATE', value: 'false' }] : [])],
    }),
  },
};

function env({ database }: Scanner, timeout: Milliseconds): readonly EnvVar[] {
  return [
    { name: 'GRYPE_DB_CACHE_DIR', value: `${SCRATCH}/cache` },
    { name: 'GRYPE_DB_UPDATE_DOWNLOAD_TIMEOUT', value: `${Math.ceil(timeout / 1000)}s` },
    { name: 'GRYPE_CHECK_FOR_APP_UPDATE', value: 'false' },
    ...(database === undefined ? [] : [{ name: 'GRYPE_DB_UPDATE_URL', value: database }]),
  ];
}
