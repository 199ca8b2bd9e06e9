import type { EvidenceVerdict } from '../../gate/evidence-verdict.js';
import type { ScanTarget } from '../../manifest/stage-config.js';
import { SEVERITIES } from '../../policy/policy.js';
import type { FetchedImage } from './target.js';

/** A scan in a few lines, for whoever reads the pod's log. `todo` is what a red verdict asks for. */
export function summary(
  target: ScanTarget,
  { digest }: FetchedImage,
  { verdict, reason, gateClosesAt, scan }: EvidenceVerdict,
  todo: string,
): readonly string[] {
  const runs = (scan?.scanners ?? []).map(
    ({ kind, status, message }) => `${kind}: ${status}${message === undefined ? '' : `: ${message}`}`,
  );
  return [
    ...runs,
    ...(scan === undefined ? [] : [`${target.reference} ${digest}: ${countsIn(scan.counts)}`]),
    `verdict ${verdict}: ${reason}`,
    ...(gateClosesAt === undefined ? [] : [`the gate closes at ${gateClosesAt}`]),
    ...(scan?.endOfLife === undefined ? [] : [`${scan.endOfLife} has reached its end of life`]),
    ...(verdict === 'fail' ? [`to do: ${todo}`] : []),
    `stored in ConfigMap ${target.evidence}`,
  ];
}

function countsIn(counts: NonNullable<EvidenceVerdict['scan']>['counts']): string {
  const found = ([...SEVERITIES, 'unknown'] as const)
    .map((severity) => ({ severity, count: counts[severity].fixable + counts[severity].unfixable }))
    .filter(({ count }) => count > 0)
    .map(({ severity, count }) => `${count} ${severity}`);
  const exploited = counts.exploited === 0 ? '' : `, ${counts.exploited} exploited`;
  return found.length === 0 ? 'no findings' : `${found.join(', ')}${exploited}`;
}
