import { formatDuration } from '../duration.js';
import type { Milliseconds } from '../policy.js';
import { scheduleOf } from '../schedule.js';
import { type Check, error, warning } from './check.js';
import { isNone } from './disruption-budget.js';
import { isWeekly } from './steady-times.js';
import { YEAR } from './year.js';

const HOUR = 3_600_000;
const FORTNIGHT = 14 * 24 * HOUR;

/** With neither a pod less nor a pod more there is no first step. */
export const rolloutCanMove: Check = ({ document: { rollout }, intact }) =>
  intact('rollout.maxUnavailable') && intact('rollout.maxSurge') && isNone(rollout.maxUnavailable) && isNone(rollout.maxSurge)
    ? [error('rollout.maxSurge', 'maxUnavailable and maxSurge are both 0: no rollout could ever start.', "Write maxSurge: '25%'.")]
    : [];

/** Kubernetes refuses a progress deadline that ends before a pod can count as available. */
export const rolloutCanSucceed: Check = ({ document: { rollout }, intact }) => {
  const { minReady, progressDeadline } = rollout;
  if (!intact('rollout.minReady') || !intact('rollout.progressDeadline') || minReady < progressDeadline) return [];
  const message = `${formatDuration(minReady)} is not shorter than progressDeadline, ${formatDuration(progressDeadline)}: every rollout would fail.`;
  return [error('rollout.minReady', message, 'Shorten minReady or lengthen progressDeadline.')];
};

/** A scanner named twice would run twice on every image and find the same. */
export const scannersDiffer: Check = ({ document: { scan }, intact }) => {
  const kinds = scan.scanners.map(({ kind }) => kind);
  if (!intact('scan.scanners')) return [];
  return kinds.flatMap((kind, i) =>
    kinds.indexOf(kind) < i ? [error(`scan.scanners[${i}].kind`, `${kind} is there already.`, 'Name each scanner once.')] : [],
  );
};

/** Evidence that expires before the next scan closes the gate in between. */
export const evidenceOutlivesScans: Check = ({ document: { scan, gate, timeZone }, intact }) => {
  if (!intact('scan.schedule') || !intact('gate.maxEvidenceAge')) return [];
  const pauseUntil = (end: number) => longestPause(scan.schedule, timeZone, end);
  // What goes by the week differs from one fortnight to another by a change of clocks only.
  const plenty = isWeekly(scan.schedule) && pauseUntil(YEAR.from + FORTNIGHT) + 2 * HOUR <= gate.maxEvidenceAge;
  const longest = plenty ? 0 : pauseUntil(YEAR.to);
  if (longest <= gate.maxEvidenceAge) return [];
  const message = `Up to ${formatDuration(longest)} pass from scan to scan, and a scan counts for ${formatDuration(gate.maxEvidenceAge)} only.`;
  return [warning('gate.maxEvidenceAge', message, 'Scan more often, or raise maxEvidenceAge above the time between scans.')];
};

function longestPause(schedule: string, timeZone: string, end: number): Milliseconds {
  const { next } = scheduleOf(schedule, timeZone);
  let longest = 0;
  let last = next(YEAR.from);
  for (let fire = last; last !== undefined && fire !== undefined && last < end; fire = next(fire)) {
    longest = Math.max(longest, fire - last);
    last = fire;
  }
  return longest;
}
