import type { Milliseconds, Scanner } from '../../policy/policy.js';
import { FILES, REPORT, SCRATCH } from '../files.js';
import type { ScannerEngine } from '../scanner.js';

/** Trivy by Aqua Security, reading the layout with its own vulnerability database. */
export const trivy: ScannerEngine = {
  kind: 'trivy',
  capabilities: { fixDates: false, exploited: false, epss: false },
  program: {
    tool: 'trivy',
    reserved: ['--input', '--format', '-f', '--output', '-o', '--cache-dir', '--exit-code', '--exit-on-eol', '--timeout', '--scanners'],
    databaseDate: { file: 'cache/db/metadata.json', field: 'UpdatedAt' },
    database: {
      directory: 'cache/db',
      download: (scanner, timeout) => ({ args: ['image', '--download-db-only', ...common(scanner, timeout), ...scanner.args], env: [] }),
    },
    start: (scanner, { timeout, cached }) => ({
      args: [...image('json', scanner, timeout), ...(cached ? ['--skip-db-update'] : [])],
      env: [],
    }),
    sbom: (scanner, { timeout }) => ({ args: image('cyclonedx', scanner, timeout), env: [] }),
  },
};

function image(format: 'json' | 'cyclonedx', scanner: Scanner, timeout: Milliseconds): readonly string[] {
  return [
    'image',
    '--input',
    FILES.layout,
    '--format',
    format,
    '--output',
    `${SCRATCH}/${REPORT}`,
    // Without it Trivy looks for no vulnerability in what it lists, and needs no database of them.
    ...(format === 'json' ? ['--scanners', 'vuln'] : []),
    '--pkg-types',
    'os,library',
    ...common(scanner, timeout),
  ];
}

function common(scanner: Scanner, timeout: Milliseconds): readonly string[] {
  return [
    '--cache-dir',
    `${SCRATCH}/cache`,
    // Trivy's own limit is 5 minutes; here the policy's time is the limit, and the agent keeps it.
    '--timeout',
    `${Math.ceil(timeout / 1000)}s`,
    '--offline-scan',
    '--skip-version-check',
    '--disable-telemetry',
    '--no-progress',
    '--quiet',
    ...databases(scanner),
  ];
}

/**
 * The mirror, and beside it the one for Java, as Aqua publishes the two. Trivy looks for the latter only when an image
 * holds archives of Java; without `--java-db-repository` it would then look on the internet, where a cluster that needs
 * a mirror waits in vain. An archive cannot be skipped instead: what Trivy did not look at would count as clean.
 */
function databases({ database, args }: Scanner): readonly string[] {
  if (database === undefined) return [];
  const own = ['--db-repository', database];
  const sibling = /^(.*\/)?trivy-db(:[^/:@]+)?$/.exec(database);
  const named = args.some((arg) => arg.split('=', 1)[0] === '--java-db-repository');
  return sibling === null || named ? own : [...own, '--java-db-repository', `${sibling[1] ?? ''}trivy-java-db:1`];
}
