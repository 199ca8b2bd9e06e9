import type { Before } from './before.js';
import { changesBetween, sameImages } from './images.js';
import { instant } from './record.js';
import { isRefused } from './refused.js';
import { type Judgement, judgementKey, type Situation } from './situation.js';
import type { Candidate, WorkloadImages } from './state.js';

/**
 * The images to promote next, with the healthy time they have by now. Undefined where the stages before run what this
 * stage runs: also when they were moved back to it, which withdraws a candidate.
 *
 * A newer image does not displace a candidate that was healthy when it was replaced, as long as the gate lets that one
 * through: it is held. Its clock then goes on while the newer image, which contains it, is healthy in its place. Without
 * that, a stage before that moves more often than the soak is long would keep this one from ever being patched.
 * A newer image that fixes an exploited finding of the candidate does displace it.
 */
export function followCandidate(situation: Situation, before: Before, running: WorkloadImages): Candidate | undefined {
  const { state, stage, now } = situation;
  const { candidate } = state;
  if (before.images === undefined) return candidate;
  if (sameImages(before.images, running)) return undefined;
  if (candidate !== undefined) {
    if (sameImages(candidate.digests, before.images)) return advanced(withoutHold(candidate), before, now);
    if (stage.soakOnNewer !== 'restart' && isHeld(situation, candidate, before.images, running)) {
      return advanced({ ...candidate, heldSince: candidate.heldSince ?? instant(now) }, before, now);
    }
  }
  const fresh = { digests: before.images, from: before.from, seenAt: instant(now), healthyMs: 0 };
  return advanced(fresh, before, now);
}

/** What the gate says of one image; one that was not judged is not let through. */
export function judgementOf({ verdicts }: Pick<Situation, 'verdicts'>, reference: string, digest: string): Judgement {
  return verdicts[judgementKey(reference, digest)] ?? { verdict: 'unknown', allowed: false, reason: 'it was not judged', improves: false };
}

/** Whether the gate lets an image through, as it is or as an improvement on what runs. */
export function passes({ policy }: Pick<Situation, 'policy'>, { allowed, improves }: Judgement): boolean {
  return allowed || (policy.gate.allowImprovement && improves);
}

/** Nobody scans an image that runs nowhere: once the gate does not let a held candidate through, it never will again. */
function isHeld(situation: Situation, candidate: Candidate, newer: WorkloadImages, running: WorkloadImages): boolean {
  const wasHealthy = candidate.heldSince !== undefined || candidate.lastHealthyAt !== undefined;
  const changes = changesBetween(running, candidate.digests);
  const withdrawn = changes.length === 0 || isRefused(situation.state.refused, changes);
  const letThrough = changes.every(({ reference, to }) => passes(situation, judgementOf(situation, reference, to.digest)));
  const urgent = changesBetween(candidate.digests, newer).some(
    ({ reference, to }) => judgementOf(situation, reference, to.digest).curesCandidate !== undefined,
  );
  return wasHealthy && !withdrawn && letThrough && !urgent;
}

/**
 * Adds the healthy time since the last run: the shorter of that and of the time since anything about the Deployments'
 * health changed, so that a pod that failed in between does not count.
 */
function advanced(candidate: Candidate, { healthy, since }: Before, now: number): Candidate {
  const { lastHealthyAt, ...rest } = candidate;
  if (!healthy) return rest;
  const last = lastHealthyAt === undefined ? now : Date.parse(lastHealthyAt);
  const more = Math.max(0, Math.min(now - last, now - (since ?? now)));
  return { ...rest, healthyMs: candidate.healthyMs + more, lastHealthyAt: instant(now) };
}

function withoutHold({ heldSince: _, ...candidate }: Candidate): Candidate {
  return candidate;
}
