import type { Anchor } from '../policy/policy.js';
import type { Finding, FirstSeen, JudgedFinding } from './finding.js';
import { firstSeenOf } from './first-seen.js';
import { toInstant } from './instant.js';

/** What a judgement depends on beside policy and findings. */
export interface JudgeContext {
  /** The instant of the judgement, in epoch milliseconds: only where no date is known at all. */
  readonly asOf: number;
  /** Merged with this scan's findings before it is judged, so that what was found now is dated now once and for all. */
  readonly firstSeen: FirstSeen;
  /** RFC 3339: when the image was released, from the lock. */
  readonly releasedAt?: string;
}

/** The date that a deadline is counted from. */
export interface AnchorDate {
  readonly anchor: NonNullable<JudgedFinding['anchor']>;
  /** RFC 3339. */
  readonly at: string;
  /** Whether it stands in for a date that is not known. */
  readonly assumed: boolean;
  /** What happened then, in words. */
  readonly words: string;
}

type Step = AnchorDate['anchor'];

/** Dates in the order in which they are tried: the anchor itself, then what stands in for it. */
const STEPS: Readonly<Record<Anchor, readonly Step[]>> = {
  fixReleased: ['fixReleased', 'published', 'detected', 'releasedAt', 'asOf'],
  published: ['published', 'fixReleased', 'detected', 'releasedAt', 'asOf'],
  kevAdded: ['kevAdded', 'fixReleased', 'published', 'detected', 'releasedAt', 'asOf'],
  detected: ['detected', 'asOf'],
};

const WORDS: Readonly<Record<Step, string>> = {
  fixReleased: 'the release of its fix',
  published: 'its publication',
  kevAdded: 'its entry into the catalogue of exploited vulnerabilities',
  detected: 'its first detection',
  releasedAt: "the image's release",
  asOf: 'the moment of this verdict',
};

/**
 * The date to count from: the policy's anchor, else the next that is known. Only an exploited finding has an entry
 * in a catalogue, so for others `kevAdded` means `fixReleased`, and nothing is assumed by that.
 */
export function anchorOf(anchor: Anchor, finding: Finding, context: JudgeContext): AnchorDate {
  const wanted = anchor === 'kevAdded' && !finding.exploited ? 'fixReleased' : anchor;
  for (const step of STEPS[wanted]) {
    const at = dateOf(step, finding, context);
    if (at === undefined) continue;
    const assumed = step !== wanted;
    return { anchor: step, at, assumed, words: `${WORDS[step]}, ${at}${assumed ? ` (assumed: ${MISSING[wanted]})` : ''}` };
  }
  return { anchor: 'asOf', at: toInstant(context.asOf), assumed: true, words: WORDS.asOf };
}

const MISSING: Readonly<Record<Anchor, string>> = {
  fixReleased: 'no scanner dates the fix',
  published: 'no scanner dates the publication',
  kevAdded: 'no scanner dates that entry',
  detected: 'no earlier scan is known',
};

function dateOf(step: Step, finding: Finding, context: JudgeContext): string | undefined {
  switch (step) {
    case 'fixReleased':
      return finding.fixReleasedAt;
    case 'published':
      return finding.publishedAt;
    case 'kevAdded':
      return finding.exploited ? finding.kevAddedAt : undefined;
    case 'detected':
      return firstSeenOf(context.firstSeen, finding);
    case 'releasedAt':
      return context.releasedAt;
    case 'asOf':
      return toInstant(context.asOf);
  }
}
