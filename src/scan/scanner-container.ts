import type { ImageLock } from '../lock/lock.js';
import { toolImage } from '../lock/lookup.js';
import { restrictedContainer } from '../manifest/agent-pod.js';
import type { Container, EnvVar } from '../manifest/manifest.js';
import type { Resources, ScanPolicy } from '../policy/policy.js';
import type { PodReporter, PodScanner } from './engines.js';
import { FILES, SCRATCH } from './files.js';
import type { ScannerStart } from './scanner.js';

/**
 * Measured: on a stock Node image of 45 MB Trivy takes 350 MB and Grype 210 MB at their peak, on a small one 120 MB and
 * 190 MB; archives within archives and long package lists take several times as much, so the limit is well above. The
 * disk is for the scratch directory: the database, of the order of 1 GB unpacked, its download, and layers taken apart.
 */
const RESOURCES: Resources = {
  requests: { cpu: '100m', memory: '256Mi', 'ephemeral-storage': '2Gi' },
  limits: { cpu: '2', memory: '2Gi' },
};

/**
 * A scanner beside the agent: the image layout read-only, a scratch directory of its own, and nothing else. It holds
 * neither the registry's credentials nor a token, as it takes apart files that nobody has looked at; nor can it write
 * what says which image was scanned, another scanner's report, or databases that others read.
 */
export function scannerContainer(scan: ScanPolicy, { name, scanner, program, start }: PodReporter, lock: ImageLock): Container {
  const { args, env } = start(scanner, { timeout: scan.timeout, cached: scan.cache !== undefined });
  const kept = scan.cache === undefined || name === 'sbom' ? [] : [{ name: 'databases', mountPath: FILES.databases, readOnly: true }];
  return container(scan, { name, scanner, program }, lock, { args: [...args, ...scanner.args], env }, [
    { name: 'work', mountPath: FILES.layout, subPath: 'image', readOnly: true },
    ...kept,
  ]);
}

/** A scanner that downloads its database into its scratch directory, and ends. */
export function downloadContainer(scan: ScanPolicy, { scanner, program }: PodScanner, lock: ImageLock): Container {
  const name = scanner.kind;
  return container(scan, { name, scanner, program }, lock, program.database.download(scanner, scan.timeout), []);
}

function container(
  scan: ScanPolicy,
  { name, scanner, program }: Pick<PodReporter, 'name' | 'scanner' | 'program'>,
  lock: ImageLock,
  { args, env }: ScannerStart,
  mounts: readonly object[],
): Container {
  return {
    name,
    image: toolImage(lock, program.tool),
    imagePullPolicy: 'IfNotPresent',
    args,
    env: [{ name: 'HOME', value: SCRATCH }, ...trust(scan), ...env],
    resources: scanner.resources ?? RESOURCES,
    securityContext: restrictedContainer,
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [
      ...mounts,
      { name, mountPath: SCRATCH },
      ...(scan.registryCa === undefined ? [] : [{ name: 'ca', mountPath: CA_DIRECTORY, readOnly: true }]),
    ],
  };
}

const CA_DIRECTORY = FILES.ca.slice(0, FILES.ca.lastIndexOf('/'));

/**
 * Mirrors are often behind the same authority as the registry. Go reads these directories beside the image's own bundle;
 * the scanners' options would put the private authority in place of the public ones.
 */
function trust({ registryCa }: ScanPolicy): readonly EnvVar[] {
  return registryCa === undefined ? [] : [{ name: 'SSL_CERT_DIR', value: `/etc/ssl/certs:${CA_DIRECTORY}` }];
}
