import type { PolicyDocument } from '../policy/policy.js';
import type { DigestEvidence, Evidence, EvidenceFinding } from './evidence.js';
import { excusedScan } from './excused-evidence.js';
import { compare, keyOf } from './identity.js';
import { toMs } from './instant.js';
import { failReason, passReason, tooOld } from './reasons.js';
import { stateAt } from './urgency.js';

/** What stored evidence says about one image at one instant. */
export interface EvidenceVerdict {
  readonly verdict: 'pass' | 'fail' | 'unknown';
  /** Whether the gate lets the image through: an unknown verdict by the policy's `onMissingEvidence`. */
  readonly allowed: boolean;
  /** Why, for a person. */
  readonly reason: string;
  /** The overdue findings that the evidence lists, most urgent first. */
  readonly overdue: readonly EvidenceFinding[];
  /** Whether the evidence tells everything at this instant: this policy's, complete, fresh and not past its cut. */
  readonly conclusive: boolean;
  /** RFC 3339: the first instant at which a finding fails, also when it has passed; absent: none ever does. */
  readonly gateClosesAt?: string;
  /** The distribution, where the end of its life closes the gate. */
  readonly ended?: string;
  /** The scan that this is about; absent when there is none under this policy. */
  readonly scan?: DigestEvidence;
}

/**
 * The verdict on one image from its repository's evidence at an instant (epoch milliseconds). `digest` is the index's
 * or a platform's, or a list of digests that are one image by the lock.
 *
 * Anything overdue fails, and an ended distribution where the policy blocks it, even in stale or incomplete evidence. No scan of the digest, another policy's, one that is
 * too old, incomplete or past its cut is unknown. Otherwise it passes until `gateClosesAt`.
 *
 * The policy's exceptions are applied here, at reading: `stage` is the one that is asked for. Without it, what is
 * accepted in one stage only does not count.
 */
export function evidenceVerdict(
  policy: Pick<PolicyDocument, 'hash' | 'gate' | 'exceptions'>,
  evidence: Evidence | undefined,
  digest: string | readonly string[],
  at: number,
  stage?: string,
): EvidenceVerdict {
  const unknown = { verdict: 'unknown', allowed: policy.gate.onMissingEvidence === 'warn', conclusive: false } as const;
  const asked = typeof digest === 'string' ? [digest] : digest;
  const found = scanOf(policy, evidence, asked);
  if ('missing' in found) return { ...unknown, reason: found.missing, overdue: [] };
  const names = [...asked, found.digest, ...Object.values(found.scan.platforms)];
  const reading = { exceptions: policy.exceptions ?? [], at, ...(stage === undefined ? {} : { stage }) };
  const scan = excusedScan(found.scan, found.repository, names, reading);
  const rest = { scan, ...(scan.gateClosesAt === undefined ? {} : { gateClosesAt: scan.gateClosesAt }) };
  const overdue = scan.findings.filter((finding) => stateAt(finding, at) === 'overdue');
  const doubt = doubtAbout(policy, scan, at);
  const ended = policy.gate.endOfLife === 'block' ? scan.endOfLife : undefined;
  if (overdue.length > 0 || ended !== undefined) {
    const reason = failReason(overdue, ended);
    const blocked = ended === undefined ? {} : { ended };
    return { verdict: 'fail', allowed: false, reason, overdue, conclusive: doubt === undefined, ...blocked, ...rest };
  }
  if (doubt !== undefined) return { ...unknown, reason: doubt, overdue, ...rest };
  return { verdict: 'pass', allowed: true, reason: passReason(scan.findings[0]), overdue, conclusive: true, ...rest };
}

/**
 * Whether a candidate that fails is still better than what runs: what closes the gate for it, overdue findings by id and
 * package and the end of a distribution's life, is a strict subset. A candidate whose evidence does not tell everything
 * improves nothing.
 */
export function improves(
  candidate: Pick<EvidenceVerdict, 'overdue' | 'ended' | 'conclusive'>,
  running: Pick<EvidenceVerdict, 'overdue' | 'ended'>,
): boolean {
  const before = obstacles(running);
  const after = obstacles(candidate);
  return candidate.conclusive && after.size < before.size && [...after].every((key) => before.has(key));
}

function obstacles({ overdue, ended }: Pick<EvidenceVerdict, 'overdue' | 'ended'>): ReadonlySet<string> {
  return new Set([...overdue.map(keyOf), ...(ended === undefined ? [] : ['end of life'])]);
}

/**
 * The first exploited finding that what runs has and the candidate lacks; undefined where there is none, or where the
 * candidate's evidence does not tell. One that is accepted in what runs is no reason to hurry.
 */
export function cures(
  candidate: Pick<EvidenceVerdict, 'scan' | 'conclusive'>,
  running: Pick<EvidenceVerdict, 'scan'>,
): EvidenceFinding | undefined {
  if (!candidate.conclusive || candidate.scan === undefined) return undefined;
  const remaining = candidate.scan.findings.filter((finding) => finding.exploited);
  if (remaining.length < candidate.scan.counts.exploited) return undefined;
  const kept = new Set(remaining.map(keyOf));
  return running.scan?.findings.find((finding) => finding.exploited && finding.excepted === undefined && !kept.has(keyOf(finding)));
}

function scanOf(
  policy: Pick<PolicyDocument, 'hash'>,
  evidence: Evidence | undefined,
  digests: readonly string[],
): { readonly repository: string; readonly digest: string; readonly scan: DigestEvidence } | { readonly missing: string } {
  if (evidence === undefined) return { missing: 'there is no evidence yet: the image has not been scanned' };
  if (evidence.schemaVersion !== 1) {
    const { schemaVersion } = evidence;
    const remedy = schemaVersion > 1 ? 'a newer release wrote it. Use that one, or scan again' : 'scan again';
    return { missing: `the evidence has schema version ${schemaVersion}, and this release reads 1: ${remedy}` };
  }
  if (evidence.policyHash !== policy.hash) return { missing: 'the evidence was made under another policy: scan again' };
  const scans = Object.entries(evidence.digests)
    .filter(([digest, { platforms }]) => digests.includes(digest) || Object.values(platforms).some((other) => digests.includes(other)))
    .sort(([a, one], [b, other]) => toMs(other.scannedAt) - toMs(one.scannedAt) || compare(a, b));
  const [newest] = scans;
  if (newest === undefined) return { missing: `there is no evidence for ${digests.join(' or ')}: it has not been scanned` };
  return { repository: evidence.repository, digest: newest[0], scan: newest[1] };
}

/** Why a scan does not tell everything at an instant; undefined when it does. */
function doubtAbout({ gate }: Pick<PolicyDocument, 'gate'>, scan: DigestEvidence, at: number): string | undefined {
  if (!scan.complete) {
    const failed = scan.scanners.filter(({ status }) => status !== 'ok').map(({ kind, status }) => `${kind} ${ENDED[status]}`);
    return `the scan of ${scan.scannedAt} is incomplete${failed.length === 0 ? '' : `: ${failed.join(', ')}`}`;
  }
  const old = tooOld('the scan', scan.scannedAt, gate, at);
  if (old !== undefined) return old;
  const { firstFailsAt } = scan.cut ?? {};
  if (firstFailsAt === undefined || at < toMs(firstFailsAt)) return undefined;
  return `the evidence was cut to fit, and from ${firstFailsAt} on a finding that it does not list is overdue`;
}

const ENDED = { ok: 'finished', failed: 'failed', timeout: 'was not done in time' } as const;
