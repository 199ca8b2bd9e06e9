import type { Anchor } from '../policy/policy.js';
import type { Finding, FirstSeen, JudgedFinding } from './finding.js';
import { firstSeenOf } from './first-seen.js';
import { toInstant } from './instant.js';
import type { Vulnrichment } from './vulnrichment.js';

/** What a judgement depends on beside policy and findings. */
export interface JudgeContext {
  /** The instant of the judgement, in epoch milliseconds: only where no date is known at all. */
  readonly asOf: number;
  /** Merged with this scan's findings before it is judged, so that what was found now is dated now once and for all. */
  readonly firstSeen: FirstSeen;
  /** RFC 3339: when the image was released, from the lock. */
  readonly releasedAt?: string;
  /** CISA's decision points, for presets that ask for what scanners do not tell. */
  readonly vulnrichment?: Vulnrichment;
}

/** The date that a deadline is counted from. */
export interface AnchorDate {
  readonly anchor: NonNullable<JudgedFinding['anchor']>;
  /** RFC 3339. */
  readonly at: string;
  /** Whether it stands in for a date that is not known. */
  readonly assumed: boolean;
  /** The date that it is, or stands in for. */
  readonly wanted: Anchor;
}

type Step = Exclude<AnchorDate['anchor'], 'asOf'>;

/** Dates in the order in which they are tried: the anchor itself, then what stands in for it. */
const STEPS: Readonly<Record<Anchor, readonly Step[]>> = {
  fixReleased: ['fixReleased', 'published', 'detected', 'releasedAt'],
  published: ['published', 'fixReleased', 'detected', 'releasedAt'],
  kevAdded: ['kevAdded', 'fixReleased', 'published', 'detected', 'releasedAt'],
  detected: ['detected'],
};

/**
 * The date to count from: the policy's anchor, else the next that is known. Only an exploited finding has an entry
 * in a catalogue, so for others `kevAdded` means `fixReleased`, and nothing is assumed by that.
 */
export function anchorOf(anchor: Anchor, finding: Finding, context: JudgeContext): AnchorDate {
  const wanted = anchor === 'kevAdded' && !finding.exploited ? 'fixReleased' : anchor;
  for (const step of STEPS[wanted]) {
    const at = dateOf(step, finding, context);
    if (at !== undefined) return { anchor: step, at, assumed: step !== wanted, wanted };
  }
  return { anchor: 'asOf', at: toInstant(context.asOf), assumed: true, wanted };
}

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
  }
}
