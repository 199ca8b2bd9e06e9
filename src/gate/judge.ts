import { formatDuration } from '../policy/duration.js';
import type { Anchor, GatePolicy, Milliseconds } from '../policy/policy.js';
import { type AnchorDate, anchorOf, type JudgeContext } from './anchor.js';
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
  const durations = new Map<string, Duration>();
  const terms = new Map<string, Term>();
  return findings.map((finding) => {
    if (finding.fixedIn.length === 0 && gate.onlyFixable) return { ...finding, reason: 'no fix yet: reported only' };
    const kind = `${finding.severity} ${finding.exploited}`;
    const duration = remembered(durations, kind, () => durationOf(gate, finding));
    const { length } = duration;
    if (length === undefined) return { ...finding, reason: duration.words };
    const anchor = anchorOf(gate.anchor, finding, context);
    const term = remembered(terms, `${kind} ${anchor.anchor} ${anchor.at}`, () => termOf(duration.words, length, anchor));
    const { deadline, reason } = term;
    // Half the time of spreading the finding and adding to it, which counts in large reports.
    return Object.assign(
      { anchor: anchor.anchor, anchorAssumed: anchor.assumed, anchorAt: anchor.at, deadline, failsAt: deadline, reason },
      finding,
    );
  });
}

/** Large reports repeat the same few dates and severities. */
function remembered<V>(known: Map<string, V>, key: string, make: () => V): V {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}

/** When a finding is due, and why. */
interface Term {
  readonly deadline: string;
  readonly reason: string;
}

function termOf(words: string, length: Milliseconds, { anchor, at, assumed, wanted }: AnchorDate): Term {
  const assumption = assumed ? ` (assumed: ${MISSING[wanted]})` : '';
  return { deadline: toInstant(toMs(at) + length), reason: `${words} from ${HAPPENED[anchor]}, ${at}${assumption}` };
}

/** How long findings of one severity, exploited or not, may stay, and by which rule; without a length for ever. */
interface Duration {
  readonly length?: Milliseconds;
  readonly words: string;
}

/** The shortest duration that applies; the exploited one where both are equal, as it says more. */
function durationOf(gate: GatePolicy, finding: Finding): Duration {
  const severity = finding.severity === 'unknown' ? gate.unknownSeverity : finding.severity;
  const bySeverity = severity === 'ignore' ? undefined : gate.deadlines[severity];
  const byExploitation = finding.exploited ? gate.exploited?.deadline : undefined;
  if (byExploitation !== undefined && byExploitation <= (bySeverity ?? byExploitation)) {
    return { length: byExploitation, words: `exploited: ${formatDuration(byExploitation)}` };
  }
  const rating = ratingOf(gate, finding);
  if (bySeverity === undefined) return { words: `${rating}: the policy sets no deadline` };
  return { length: bySeverity, words: `${rating}: ${formatDuration(bySeverity)}` };
}

function ratingOf(gate: GatePolicy, finding: Finding): string {
  if (finding.severity !== 'unknown') return finding.severity;
  return gate.unknownSeverity === 'ignore' ? 'unknown severity' : `unknown severity, treated as ${gate.unknownSeverity}`;
}

const HAPPENED: Readonly<Record<AnchorDate['anchor'], string>> = {
  fixReleased: 'the release of its fix',
  published: 'its publication',
  kevAdded: 'its entry into the catalogue of exploited vulnerabilities',
  detected: 'its first detection',
  releasedAt: "the image's release",
  asOf: 'the moment of this verdict',
};

const MISSING: Readonly<Record<Anchor, string>> = {
  fixReleased: 'no scanner dates the fix',
  published: 'no scanner dates the publication',
  kevAdded: 'no scanner dates that entry',
  detected: 'no earlier scan is known',
};
