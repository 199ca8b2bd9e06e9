import type { Anchor, GatePolicy } from '../policy/policy.js';
import { endOfDay } from '../policy/zone.js';
import { type AnchorDate, anchorOf, type JudgeContext } from './anchor.js';
import { factReader } from './circumstances.js';
import { type Duration, durationOf, isLikely } from './duration.js';
import type { Finding, JudgedFinding } from './finding.js';
import { toInstant, toMs } from './instant.js';
import { remembered } from './once.js';
import { rank } from './severity.js';

/**
 * Gives every finding its deadline under a policy, or none, and says why. First match wins:
 *
 * 1. no fix, and `onlyFixable`: reported, never fails;
 * 2. the shortest duration that applies: by exploitation, preset, EPSS and severity (see `durationOf`);
 * 3. no duration: reported, never fails.
 *
 * A date that a scanner does not give is assumed, and marked so: see `anchorOf`.
 */
export function judgeFindings(gate: GatePolicy, findings: readonly Finding[], context: JudgeContext): readonly JudgedFinding[] {
  const rulings = new Map<string, Ruling>();
  const factsOf = factReader(gate, context.vulnrichment);
  return findings.map((finding) => {
    if (finding.fixedIn.length === 0 && gate.onlyFixable) return { reason: 'no fix yet: reported only', ...finding };
    const facts = factsOf(finding);
    const kind = `${rank(finding.severity)}${Number(finding.exploited)}${Number(isLikely(gate, finding))}${facts.key}`;
    const { duration, terms } = remembered(rulings, kind, () => ({ duration: durationOf(gate, finding, facts), terms: new Map() }));
    if (duration.length === undefined) return { reason: duration.words, ...finding };
    const anchor = anchorOf(gate.anchor, finding, context);
    const dated = remembered(terms, anchor.anchor, () => new Map());
    const { deadline, reason } = remembered(dated, anchor.at, () => termOf(gate, duration, anchor));
    // Spread last: first takes far longer, which counts in large reports.
    return { anchor: anchor.anchor, anchorAssumed: anchor.assumed, anchorAt: anchor.at, deadline, failsAt: deadline, reason, ...finding };
  });
}

/** What findings of one kind have in common: large reports repeat the same few kinds and dates. */
interface Ruling {
  readonly duration: Duration;
  readonly terms: Map<AnchorDate['anchor'], Map<string, Term>>;
}

/** When a finding is due, and why. */
interface Term {
  readonly deadline: string;
  readonly reason: string;
}

function termOf({ endOfDayIn }: GatePolicy, { words, length = 0 }: Duration, { anchor, at, assumed, wanted }: AnchorDate): Term {
  const assumption = assumed ? ` (assumed: ${MISSING[wanted]})` : '';
  const end = toMs(at) + length;
  const extended = endOfDayIn === undefined ? '' : `, until the end of that day in ${endOfDayIn}`;
  return {
    deadline: toInstant(endOfDayIn === undefined ? end : endOfDay(end, endOfDayIn)),
    reason: `${words} from ${HAPPENED[anchor]}, ${at}${assumption}${extended}`,
  };
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
