import type { PolicyException } from '../policy/policy.js';
import type { DigestEvidence, Evidence } from './evidence.js';
import { withExceptions } from './exceptions.js';
import { earliest } from './instant.js';
import { byUrgency } from './urgency.js';

/** Which exceptions count when evidence is read, where and when. */
export interface ReadingScope {
  readonly exceptions: readonly PolicyException[];
  /** The stage that is asked for, which may be another one than the evidence was made in. */
  readonly stage?: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** One digest's scan as it is to be read: its findings with what is accepted, and when the first of them fails now. */
export function excusedScan(scan: DigestEvidence, repository: string, digests: readonly string[], scope: ReadingScope): DigestEvidence {
  const image = { repositories: [repository], digests, ...(scope.stage === undefined ? {} : { stage: scope.stage }) };
  const read = withExceptions(scan.findings, scope.exceptions, image, scope.at);
  if (read === scan.findings) return scan;
  const findings = byUrgency(read);
  const gateClosesAt = earliest(findings[0]?.failsAt, scan.cut?.firstFailsAt);
  const { gateClosesAt: _, ...rest } = scan;
  return { ...rest, ...(gateClosesAt === undefined ? {} : { gateClosesAt }), findings };
}

/** A repository's evidence as metrics should tell it: what is accepted closes no gate, and is no exploited finding that waits. */
export function excusedEvidence(evidence: Evidence, scope: ReadingScope): Evidence {
  const digests = Object.entries(evidence.digests).map(([digest, scan]) => {
    const read = excusedScan(scan, evidence.repository, [digest, ...Object.values(scan.platforms)], scope);
    const accepted = read.findings.filter(({ exploited, excepted }) => exploited && excepted !== undefined).length;
    const { counts } = read;
    return [digest, accepted === 0 ? read : { ...read, counts: { ...counts, exploited: Math.max(0, counts.exploited - accepted) } }];
  });
  return { ...evidence, digests: Object.fromEntries(digests) };
}
