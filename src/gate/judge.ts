import { formatDuration } from '../policy/duration.js';
import type { GatePolicy, Milliseconds } from '../policy/policy.js';
import { anchorOf, type JudgeContext } from './anchor.js';
import type { Finding, JudgedFinding } from './finding.js';
import { toInstant, toMs } from './instant.js';

/**
 * Gives every finding its deadline under a policy, or none, and says why. First match wins:
 *
 * 1. no fix, and `onlyFixable`: reported, never fails;
 * 2. exploited: the shorter of the exploited and the severity's duration;
 * 3. the severity's duration, an unknown one by `unknownSeverity`;
 * 4. no duration: reported, never fails.
 *
 * A date that a scanner does not give is assumed, and marked so: see `anchorOf`.
 */
export function judgeFindings(gate: GatePolicy, findings: readonly Finding[], context: JudgeContext): readonly JudgedFinding[] {
  return findings.map((finding) => judgeFinding(gate, finding, context));
}

function judgeFinding(gate: GatePolicy, finding: Finding, context: JudgeContext): JudgedFinding {
  if (finding.fixedIn.length === 0 && gate.onlyFixable) return { ...finding, reason: 'no fix yet: reported only' };
  const duration = durationOf(gate, finding);
  if (duration === undefined) return { ...finding, reason: `${ratingOf(gate, finding)}: the policy sets no deadline` };
  const { anchor, at, assumed, words } = anchorOf(gate.anchor, finding, context);
  const deadline = toInstant(toMs(at) + duration.length);
  return {
    ...finding,
    anchor,
    anchorAssumed: assumed,
    anchorAt: at,
    deadline,
    failsAt: deadline,
    reason: `${duration.rule}: ${formatDuration(duration.length)} from ${words}`,
  };
}

interface Duration {
  readonly length: Milliseconds;
  /** Which rule set it, in words. */
  readonly rule: string;
}

/** The shortest duration that applies; the exploited one where both are equal, as it says more. */
function durationOf(gate: GatePolicy, finding: Finding): Duration | undefined {
  const severity = finding.severity === 'unknown' ? gate.unknownSeverity : finding.severity;
  const bySeverity = severity === 'ignore' ? undefined : gate.deadlines[severity];
  const byExploitation = finding.exploited ? gate.exploited?.deadline : undefined;
  if (byExploitation !== undefined && byExploitation <= (bySeverity ?? byExploitation)) {
    return { length: byExploitation, rule: 'exploited' };
  }
  return bySeverity === undefined ? undefined : { length: bySeverity, rule: ratingOf(gate, finding) };
}

function ratingOf(gate: GatePolicy, finding: Finding): string {
  if (finding.severity !== 'unknown') return finding.severity;
  return gate.unknownSeverity === 'ignore' ? 'unknown severity' : `unknown severity, treated as ${gate.unknownSeverity}`;
}
