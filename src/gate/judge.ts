import type { Anchor, GatePolicy } from '../policy/policy.js';
import { endOfDay } from '../policy/zone.js';
import { type AnchorDate, anchorOf, type JudgeContext } from './anchor.js';
import { factReader } from './circumstances.js';
import { type Duration, durationOf, isLikely } from './duration.js';
import type { Finding, JudgedFinding } from './finding.js';
import { toInstant, toMs } from './instant.js';

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
  const durations = new Map<string, Duration>();
  const terms = new Map<string, Term>();
  const factsOf = factReader(gate, context.vulnrichment);
  return findings.map((finding) => {
    if (finding.fixedIn.length === 0 && gate.onlyFixable) return { ...finding, reason: 'no fix yet: reported only' };
    const facts = factsOf(finding);
    const kind = `${finding.severity} ${finding.exploited} ${isLikely(gate, finding)} ${facts.key}`;
    const duration = remembered(durations, kind, () => durationOf(gate, finding, facts));
    if (duration.length === undefined) return { ...finding, reason: duration.words };
    const anchor = anchorOf(gate.anchor, finding, context);
    const term = remembered(terms, `${kind} ${anchor.anchor} ${anchor.at}`, () => termOf(gate, duration, anchor));
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
