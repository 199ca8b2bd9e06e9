import type { PolicyDocument, Severity } from '../policy/policy.js';
import { baseEvidence, type FoundBase } from './base-evidence.js';
import { EVIDENCE_BYTES, fitted } from './cut.js';
import type { DigestEvidence, Evidence, EvidenceFinding, ScannerRun } from './evidence.js';
import type { JudgedFinding } from './finding.js';
import { compare, keyOf } from './identity.js';
import { earliest, toInstant, toMs } from './instant.js';
import { byUrgency } from './urgency.js';

/** How many digests of a repository keep their evidence, the newest scans first. */
export const DIGESTS_KEPT = 8;

/** A scanner's message is kept up to this many characters: what it printed last may be long. */
const MESSAGE_LENGTH = 1000;

/** One scan of one digest. */
export interface Scan {
  readonly policy: Pick<PolicyDocument, 'hash'>;
  readonly repository: string;
  /** The index's where there is one. */
  readonly digest: string;
  /** Digest per platform where the digest is an index. */
  readonly platforms: Readonly<Record<string, string>>;
  /** When it was done, in epoch milliseconds. */
  readonly scannedAt: number;
  readonly runs: readonly ScannerRun[];
  /** The distribution, where its end of life has come. */
  readonly endOfLife?: string;
  /** What was found out about the image that it was built on. */
  readonly base?: FoundBase;
  readonly findings: readonly JudgedFinding[];
}

/**
 * The repository's evidence with a scan added: in place of the digest's earlier one, beside those of other digests.
 * Evidence of another policy, repository or schema version is dropped, as nothing in it counts any more. The result
 * fits a ConfigMap: the least urgent findings are cut, and `cut` says so.
 */
export function addScan(previous: Evidence | undefined, scan: Scan): Evidence {
  const { policy, repository } = scan;
  const counts = previous?.schemaVersion === 1 && previous.policyHash === policy.hash && previous.repository === repository;
  const { [scan.digest]: earlier, ...others } = counts ? previous.digests : {};
  const digests = Object.entries({ ...others, [scan.digest]: digestEvidence(scan, earlier) })
    .sort(([a, one], [b, other]) => toMs(other.scannedAt) - toMs(one.scannedAt) || compare(a, b))
    .slice(0, DIGESTS_KEPT);
  return { schemaVersion: 1, policyHash: policy.hash, repository, digests: fitted(digests, EVIDENCE_BYTES) };
}

/**
 * A scan in which a scanner failed says nothing about what only that scanner finds: what the digest's earlier scan
 * found stays listed beside what this one did, so that a failing scanner never makes an image look better.
 */
function digestEvidence(scan: Scan, earlier: DigestEvidence | undefined): DigestEvidence {
  const complete = scan.runs.length > 0 && scan.runs.every(({ status }) => status === 'ok');
  const kept = complete ? undefined : earlier;
  const found = scan.findings.map(stored);
  const names = new Set(found.map(keyOf));
  const findings = byUrgency([...found, ...(kept?.findings ?? []).filter((finding) => !names.has(keyOf(finding)))]);
  const endOfLife = scan.endOfLife ?? kept?.endOfLife;
  const base = baseEvidence(scan.base, earlier?.base, scan.scannedAt);
  const gateClosesAt = earliest(findings[0]?.failsAt, kept?.cut?.firstFailsAt);
  return {
    platforms: scan.platforms,
    scannedAt: toInstant(scan.scannedAt),
    complete,
    scanners: scan.runs.map((run) => (run.message === undefined ? run : { ...run, message: run.message.slice(0, MESSAGE_LENGTH) })),
    counts: countsOf(findings, kept?.counts),
    ...(gateClosesAt === undefined ? {} : { gateClosesAt }),
    ...(endOfLife === undefined ? {} : { endOfLife }),
    ...(base === undefined ? {} : { base }),
    findings,
    ...(kept?.cut === undefined ? {} : { cut: kept.cut }),
  };
}

function stored(finding: JudgedFinding): EvidenceFinding {
  const { id, aliases, package: name, version, severity, fixedIn, exploited, anchor, anchorAt, deadline, failsAt } = finding;
  return {
    id,
    aliases,
    package: name,
    version,
    severity,
    fixedIn,
    exploited,
    ...(anchor === undefined ? {} : { anchor }),
    ...(anchorAt === undefined ? {} : { anchorAt }),
    ...(deadline === undefined ? {} : { deadline }),
    ...(failsAt === undefined ? {} : { failsAt }),
  };
}

/** Counts of all findings; where an earlier scan's are kept, no fewer than it counted, as some of its may have been cut. */
function countsOf(findings: readonly EvidenceFinding[], earlier: DigestEvidence['counts'] | undefined): DigestEvidence['counts'] {
  const cell = (severity: Severity | 'unknown') => {
    const rated = findings.filter((finding) => finding.severity === severity);
    const fixable = rated.filter((finding) => finding.fixedIn.length > 0).length;
    const least = earlier?.[severity];
    return { fixable: atLeast(fixable, least?.fixable), unfixable: atLeast(rated.length - fixable, least?.unfixable) };
  };
  return {
    critical: cell('critical'),
    high: cell('high'),
    medium: cell('medium'),
    low: cell('low'),
    unknown: cell('unknown'),
    exploited: atLeast(findings.filter((finding) => finding.exploited).length, earlier?.exploited),
  };
}

function atLeast(count: number, least = 0): number {
  return Math.max(count, least);
}
