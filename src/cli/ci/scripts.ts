import { FILES, REPORT, SCRATCH } from '../../scan/files.js';
import type { CiJob, CiScanner } from './job.js';
import { shellWord } from './shell.js';

/** Where everything is written, from the root of the checkout. */
export const OUTPUT = 'patchway-results';
const ARCHIVE = '/work/image.tar';

/** Hands the image over as a file: a scanner needs neither the Docker socket nor a registry's credentials for it. */
export const SAVE_IMAGE: readonly string[] = [`mkdir -p ${OUTPUT}`, `docker save --output ${OUTPUT}/image.tar "$IMAGE"`];

/**
 * Runs a scanner with the arguments that it has in the cluster, on an archive instead of a layout: without privileges,
 * with the archive read-only and a scratch directory of its own.
 */
export function scanScript({ kind, image, args, env }: CiScanner): readonly string[] {
  const scratch = `${OUTPUT}/scratch-${kind}`;
  const variables = [{ name: 'HOME', value: SCRATCH }, ...env].map(({ name, value }) => `--env ${shellWord(`${name}=${value}`)}`);
  return [
    `mkdir -p ${scratch}`,
    'docker run --rm --user "$(id -u):$(id -g)" --read-only --cap-drop ALL --security-opt no-new-privileges \\',
    `  --volume "$PWD/${OUTPUT}/image.tar:${ARCHIVE}:ro" --volume "$PWD/${scratch}:${SCRATCH}" \\`,
    `  ${variables.join(' ')} \\`,
    `  ${shellWord(image)} \\`,
    `  ${args.map(onArchive).map(shellWord).join(' ')}`,
    `mv ${scratch}/${REPORT} ${reportOf(kind)}`,
  ];
}

/** The scanners read Docker's archive as they read a layout, at another place and, for Grype, by another name. */
function onArchive(arg: string): string {
  return arg.replace('oci-dir:', 'docker-archive:').replace(FILES.layout, ARCHIVE);
}

export function reportOf(kind: string): string {
  return `${OUTPUT}/${kind}.json`;
}

/** Judges the reports in several formats at one instant, and ends as the verdict says. */
export function gateScript({ policy, stage, scanners, patchway }: CiJob, formats: readonly { format: string; to: string }[]) {
  const reports = scanners.map(({ kind }) => reportOf(kind)).join(' ');
  const staged = stage === undefined ? '' : ` --stage ${shellWord(stage)}`;
  return [
    'as_of="$(date -u +%Y-%m-%dT%H:%M:%SZ)"',
    'gate() {',
    `  npx --yes ${shellWord(patchway)} gate --policy ${shellWord(policy)}${staged} --image "$IMAGE" --report ${reports} \\`,
    '    --as-of "$as_of" --format "$1"',
    '}',
    '# 2 is an answer, a closed gate; any other failure ends here.',
    'answered() { [ "$1" -eq 2 ] || exit "$1"; }',
    ...formats.map(({ format, to }) => `gate ${format} ${to} || answered $?`),
    'gate text',
  ];
}
