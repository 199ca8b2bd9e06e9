import type { Report } from '../gate/finding.js';
import { parseReference } from '../lock/reference.js';
import { badInput, PatchwayError } from '../problem.js';

/**
 * Refuses an `--image` that a report contradicts: `--image` names what a report on a layout or a tar is about, and
 * does not turn one image's report into another's.
 *
 * @throws PatchwayError 65
 */
export function checkIdentity(image: string, reports: readonly Report[], sameImage: readonly (readonly string[])[]): void {
  const reference = parseReference(image);
  if (reference === undefined) {
    throw new PatchwayError(`--image ${image}: this is not an image reference. Write it as registry/repository:tag or with @sha256:….`, {
      exitCode: 65,
    });
  }
  const { repository, digest } = reference;
  const digests = digest === undefined ? [] : [digest, ...sameImage.filter((same) => same.includes(digest)).flat()];
  for (const report of reports) {
    if (report.repositories.length === 0) continue;
    const repositories = report.repositories.map((name) => parseReference(name)?.repository ?? name);
    const other = !repositories.includes(repository) || (digest !== undefined && !report.digests.some((one) => digests.includes(one)));
    if (other) throw contradiction(image, report);
  }
}

function contradiction(image: string, report: Report) {
  const received = `${report.image ?? report.repositories.join(', ')} (${report.digests.join(', ')})`;
  const message = `A report of ${report.scanner} says that it is about another image.`;
  const hint = 'Leave --image out, or name --lock where one digest is the index of the other.';
  return badInput(`--image ${image}`, [{ path: '', message, expected: image, received, hint, severity: 'error' }]);
}
