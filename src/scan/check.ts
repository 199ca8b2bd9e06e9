import type { PolicyDocument, Scanner } from '../policy/policy.js';
import type { Problem } from '../problem.js';
import { podReporters, SCANNER_ENGINES } from './engines.js';
import type { ScannerCapabilities } from './scanner.js';

/** What is wrong or questionable in how a policy uses its scanners. */
export function checkScanners({ scan, gate }: PolicyDocument): readonly Problem[] {
  const can = (capability: keyof ScannerCapabilities) => scan.scanners.some(({ kind }) => SCANNER_ENGINES[kind].capabilities[capability]);
  const capable = (capability: keyof ScannerCapabilities) =>
    Object.values(SCANNER_ENGINES)
      .filter(({ capabilities }) => capabilities[capability])
      .map(({ kind }) => kind)
      .join(' or ');
  return [
    ...scan.scanners.flatMap(reservedArguments),
    ...(scan.sbom === true && !podReporters(scan).some(({ name }) => name === 'sbom') ? [noSbom()] : []),
    ...(scan.cache !== undefined && podReporters(scan).length === 0
      ? [warning('scan.cache', 'No scanner of this policy has a database in its pod, so nothing is kept there. Remove cache.')]
      : []),
    ...(gate.exploited !== undefined && !can('exploited')
      ? [
          warning(
            'gate.exploited',
            `No scanner of this policy knows what is exploited, so this rule never applies. Add ${capable('exploited')}.`,
          ),
        ]
      : []),
    ...(gate.preset?.rows.some(({ when }) => when.exploited === true) === true && !can('exploited')
      ? [
          warning(
            'gate.preset',
            `No scanner of this policy knows what is exploited, so those rows of ${gate.preset.name} never apply. Add ${capable('exploited')}.`,
          ),
        ]
      : []),
    ...(gate.epss !== undefined && !can('epss')
      ? [warning('gate.epss', `No scanner of this policy gives EPSS, so this rule never applies. Add ${capable('epss')}.`)]
      : []),
    ...(gate.anchor === 'fixReleased' && !can('fixDates')
      ? [
          warning(
            'gate.anchor',
            `No scanner of this policy dates fixes, so deadlines count from publication, which is earlier. Add ${capable('fixDates')}, or set the anchor to published.`,
          ),
        ]
      : []),
  ];
}

/** Above so many images, databases downloaded once per image are a load on the network and on who publishes them. */
const IMAGES_WITHOUT_MIRROR = 20;

/** What is questionable in where scanners get their databases, for a stage of so many images. */
export function checkDownloads({ scan }: PolicyDocument, images: number): readonly Problem[] {
  if (images <= IMAGES_WITHOUT_MIRROR || scan.cache !== undefined) return [];
  return scan.scanners.flatMap(({ kind, database }, index) => {
    if (SCANNER_ENGINES[kind].program === undefined || database !== undefined) return [];
    const message = `Each of ${images} images is scanned in a pod of its own, so ${kind}'s database is downloaded ${images} times a run, and its publisher may refuse that many. Name a mirror near the cluster as database or a volume that keeps it as scan.cache, or scan with clair, whose server keeps its own.`;
    return [warning(`scan.scanners[${index}].database`, message)];
  });
}

function reservedArguments({ kind, args }: Scanner, index: number): readonly Problem[] {
  const reserved = SCANNER_ENGINES[kind].program?.reserved ?? [];
  return args.flatMap((arg, position) => {
    const flag = arg.split('=', 1)[0] ?? arg;
    if (!reserved.includes(flag)) return [];
    const message = `${flag} is not for a policy to set: Patchway has to find and read the report, and to tell findings from failures. Remove it.`;
    return [{ path: `scan.scanners[${index}].args[${position}]`, message, received: arg, severity: 'error' } as const];
  });
}

function noSbom(): Problem {
  const able = Object.values(SCANNER_ENGINES).flatMap(({ kind, program }) => (program?.sbom === undefined ? [] : [kind]));
  const message = `No scanner of this policy can write an SBOM. Add ${able.join(' or ')} to scan.scanners, or remove sbom.`;
  return { path: 'scan.sbom', message, severity: 'error' };
}

function warning(path: string, message: string): Problem {
  return { path, message, severity: 'warning' };
}
