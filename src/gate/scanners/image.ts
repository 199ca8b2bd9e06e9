import type { Report } from '../finding.js';
import { sorted } from '../identity.js';

const DIGEST = /@(sha256:[0-9a-f]{64})$/;
const WHOLE_DIGEST = /^sha256:[0-9a-f]{64}$/;

/**
 * Which image a report is about: its name as the scanner was told it, and the digests and repositories that its
 * repository digests (`repository@sha256:…`) and its name give. A report on an OCI layout or a tar has neither,
 * and one on an SBOM may have a tag in a digest's place.
 */
export function imageIdentity(
  image: string | undefined,
  repositoryDigests: readonly string[],
  manifestDigest?: string,
): Pick<Report, 'image' | 'digests' | 'repositories'> {
  const named = repositoryDigests.filter((reference) => DIGEST.test(reference));
  const digests = [...named, image ?? ''].flatMap((reference) => DIGEST.exec(reference)?.[1] ?? []);
  const own = manifestDigest !== undefined && WHOLE_DIGEST.test(manifestDigest) ? [manifestDigest] : [];
  return {
    ...(image === undefined ? {} : { image }),
    digests: sorted([...digests, ...own]),
    repositories: sorted(named.map((reference) => reference.replace(DIGEST, ''))),
  };
}
