import type { GatePolicy, PolicyException } from '../policy/policy.js';
import type { JudgeContext } from './anchor.js';
import { withVex } from './apply-vex.js';
import { type ImageScope, withExceptions } from './exceptions.js';
import type { JudgedFinding, Report } from './finding.js';
import { sorted } from './identity.js';
import { earliest } from './instant.js';
import { joinFindings } from './join.js';
import { judgeFindings } from './judge.js';
import { failReason, passReason, tooOld } from './reasons.js';
import { mostUrgentFirst, stateAt } from './urgency.js';
import type { VexStatement } from './vex.js';

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
  /** The distribution, where its end of life has come, whatever the policy makes of it. */
  readonly endOfLife?: string;
  /** Every finding, most urgent first; `stateAt` says what each is at an instant. */
  readonly findings: readonly JudgedFinding[];
}

/** What may excuse an image's findings. */
export interface Excuses {
  /** The image that exceptions and statements are compared with. */
  readonly image: ImageScope;
  readonly exceptions?: readonly PolicyException[];
  readonly vex?: readonly VexStatement[];
}

/**
 * The verdict on one image from its scanners' reports: any overdue finding fails it, and an ended
 * distribution where the policy blocks it, reports older than `maxEvidenceAge` leave it unknown, otherwise it passes until `gateClosesAt`. What a VEX document says does not concern
 * it is ignored, what the policy accepts waits for the end of the exception.
 */
export function verdictOf(gate: GatePolicy, reports: readonly Report[], context: JudgeContext, excuses?: Excuses): ImageVerdict {
  const findings = mostUrgentFirst(excused(judgeFindings(gate, joinFindings(reports), context), excuses, context.asOf));
  const overdue = findings.filter((finding) => stateAt(finding, context.asOf) === 'overdue');
  const [first] = findings;
  const [endOfLife] = sorted(reports.flatMap((report) => report.endOfLife ?? []));
  const ended = gate.endOfLife === 'block' ? endOfLife : undefined;
  const rest = {
    ...(first?.failsAt === undefined ? {} : { gateClosesAt: first.failsAt }),
    ...(endOfLife === undefined ? {} : { endOfLife }),
    findings,
  };
  if (overdue.length > 0 || ended !== undefined) {
    return { verdict: 'fail', allowed: false, reason: failReason(overdue, ended), ...rest };
  }
  const doubt = doubtAbout(gate, reports, context.asOf);
  if (doubt !== undefined) return { verdict: 'unknown', allowed: gate.onMissingEvidence === 'warn', reason: doubt, ...rest };
  return { verdict: 'pass', allowed: true, reason: passReason(first), ...rest };
}

function excused(findings: readonly JudgedFinding[], excuses: Excuses | undefined, at: number): readonly JudgedFinding[] {
  if (excuses === undefined) return findings;
  const { image, exceptions = [], vex = [] } = excuses;
  return withExceptions(withVex(findings, vex, image, at), exceptions, image, at);
}

function doubtAbout(gate: GatePolicy, reports: readonly Report[], at: number): string | undefined {
  if (reports.length === 0) return 'there is no report';
  const oldest = earliest(...reports.map((report) => report.createdAt));
  return oldest === undefined ? undefined : tooOld('the report', oldest, gate, at);
}
