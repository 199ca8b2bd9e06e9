import type { GatePolicy } from '../policy/policy.js';
import type { JudgeContext } from './anchor.js';
import type { JudgedFinding, Report } from './finding.js';
import { earliest } from './instant.js';
import { joinFindings } from './join.js';
import { judgeFindings } from './judge.js';
import { overdueReason, passReason, tooOld } from './reasons.js';
import { byUrgency, stateAt } from './urgency.js';

export { cures, type EvidenceVerdict, evidenceVerdict, improves } from './evidence-verdict.js';
export { stateAt } from './urgency.js';

/** `unknown`: there is nothing to judge, or nothing that can be relied on; `onMissingEvidence` decides. */
export type Verdict = 'pass' | 'fail' | 'unknown';

/** One image at one instant. */
export interface ImageVerdict {
  readonly verdict: Verdict;
  /** Whether the gate lets the image through: an unknown verdict by the policy's `onMissingEvidence`. */
  readonly allowed: boolean;
  /** Why, for a person. */
  readonly reason: string;
  /** RFC 3339: the first instant at which a finding fails, also when it has passed; absent: none ever does. */
  readonly gateClosesAt?: string;
  /** Every finding, most urgent first; `stateAt` says what each is at an instant. */
  readonly findings: readonly JudgedFinding[];
}

/**
 * The verdict on one image from its scanners' reports: any overdue finding fails it, reports older than
 * `maxEvidenceAge` leave it unknown, otherwise it passes until `gateClosesAt`.
 */
export function verdictOf(gate: GatePolicy, reports: readonly Report[], context: JudgeContext): ImageVerdict {
  const findings = byUrgency(judgeFindings(gate, joinFindings(reports), context));
  const overdue = findings.filter((finding) => stateAt(finding, context.asOf) === 'overdue');
  const [first] = findings;
  const rest = { findings, ...(first?.failsAt === undefined ? {} : { gateClosesAt: first.failsAt }) };
  if (overdue.length > 0) return { verdict: 'fail', allowed: false, reason: overdueReason(overdue), ...rest };
  const doubt = doubtAbout(gate, reports, context.asOf);
  if (doubt !== undefined) return { verdict: 'unknown', allowed: gate.onMissingEvidence === 'warn', reason: doubt, ...rest };
  return { verdict: 'pass', allowed: true, reason: passReason(first), ...rest };
}

function doubtAbout(gate: GatePolicy, reports: readonly Report[], at: number): string | undefined {
  if (reports.length === 0) return 'there is no report';
  const oldest = earliest(...reports.map((report) => report.createdAt));
  return oldest === undefined ? undefined : tooOld('the report', oldest, gate, at);
}
