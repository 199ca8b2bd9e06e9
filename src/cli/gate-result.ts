import type { ImageReports } from '../gate/images.js';
import type { ImageVerdict, Verdict } from '../gate/verdict.js';
import type { Policy } from '../policy/policy.js';

/** One image and its verdict. */
export interface GatedImage extends ImageReports {
  readonly verdict: ImageVerdict;
}

/** What `patchway gate` prints, in whatever format. */
export interface GateResult {
  readonly policy: Policy;
  /** Epoch milliseconds. */
  readonly asOf: number;
  readonly images: readonly GatedImage[];
  readonly warnings: readonly string[];
}

/** The verdict on all images: one that fails wins, then one that is unknown. */
export function overallVerdict(images: readonly GatedImage[]): Verdict {
  const verdicts = new Set(images.map(({ verdict }) => verdict.verdict));
  return verdicts.has('fail') ? 'fail' : verdicts.has('unknown') ? 'unknown' : 'pass';
}

/** What an image is called in messages. */
export function nameOf(image: ImageReports): string {
  return image.image ?? image.digests[0] ?? 'an image that its report does not name';
}

/** What to do about a finding, for a person. */
export function actionFor(finding: ImageVerdict['findings'][number]): string {
  const installed = finding.version === '' ? finding.package : `${finding.package} ${finding.version}`;
  if (finding.fixedIn.length === 0) return `no fix for ${installed} yet: replace it, or wait for one`;
  return `update ${installed} to ${finding.fixedIn.join(' or ')}`;
}
