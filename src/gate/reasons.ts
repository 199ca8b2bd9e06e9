import { formatDuration } from '../policy/duration.js';
import type { GatePolicy } from '../policy/policy.js';
import type { JudgedFinding } from './finding.js';
import { toMs } from './instant.js';

type Named = Pick<JudgedFinding, 'id' | 'package' | 'failsAt'>;

/** Why overdue findings, most urgent first, close the gate. */
function overdueReason(overdue: readonly Named[]): string {
  const [first] = overdue;
  const count = overdue.length === 1 ? '1 finding is overdue' : `${overdue.length} findings are overdue`;
  return first === undefined ? count : `${count}, the first since ${first.failsAt}: ${first.id} in ${first.package}`;
}

/** What the end of a distribution's life means, and what to do. */
export function endReason(endOfLife: string): string {
  return `${endOfLife} has reached its end of life and gets no more fixes: move to a newer release`;
}

/** Why an image fails: for its overdue findings, the end of its distribution's life, or both. */
export function failReason(overdue: readonly Named[], ended: string | undefined): string {
  const reasons = [...(overdue.length === 0 ? [] : [overdueReason(overdue)]), ...(ended === undefined ? [] : [endReason(ended)])];
  return reasons.join('; ');
}

/** Why nothing closes the gate yet, by the most urgent finding. */
export function passReason(first: Named | undefined): string {
  if (first?.failsAt === undefined) return 'no finding has a deadline';
  return `nothing is overdue; the gate closes at ${first.failsAt}, when ${first.id} in ${first.package} is`;
}

/** Why something made at an instant is too old to rely on; undefined when it is not. */
export function tooOld(what: string, madeAt: string, gate: GatePolicy, at: number): string | undefined {
  if (at - toMs(madeAt) <= gate.maxEvidenceAge) return undefined;
  return `${what} of ${madeAt} is older than ${formatDuration(gate.maxEvidenceAge)} (maxEvidenceAge): scan again`;
}
