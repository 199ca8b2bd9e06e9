import { formatDuration } from '../../policy/duration.js';
import { localText } from '../local-time.js';
import type { ImageReport, SeverityReport, StageReport } from './compute.js';

/** How fast a stage was patched, in sentences. */
export function speedSentences({ speed, fixed, promotions }: StageReport): readonly string[] {
  const { measured, fromRelease, medianMs, p95Ms, slowestMs, dated, inTime } = speed;
  const moves = promotions === 0 ? 'newer images' : promotions === 1 ? '1 promotion' : `${promotions} promotions`;
  if (fixed.length === 0) return ['Nothing is known to have been fixed yet.'];
  const fixes = `${count(fixed.length, 'finding')} ${fixed.length === 1 ? 'was' : 'were'} fixed by ${moves}.`;
  if (medianMs === undefined || p95Ms === undefined || slowestMs === undefined) return [fixes, 'When is not known.'];
  const from =
    measured === fromRelease
      ? 'the release of the fix'
      : fromRelease === 0
        ? 'the first time it was seen'
        : 'the release of the fix, or the first time it was seen where that is not known';
  return [
    fixes,
    `Half of them took at most ${formatDuration(whole(medianMs))}, 95 % at most ${formatDuration(whole(p95Ms))}, the slowest ${formatDuration(whole(slowestMs))}, from ${from}.`,
    ...(dated === 0 ? [] : [`${inTime} of ${dated} with a deadline ${inTime === 1 ? 'was' : 'were'} in time.`]),
  ];
}

/** Where a stage stands now, in sentences. */
export function standSentences({ workloads }: StageReport, timeZone: string): readonly string[] {
  const all = workloads.flatMap(({ severities }) => severities);
  const sum = (of: (each: SeverityReport) => number) => all.reduce((total, each) => total + of(each), 0);
  const [open, due, overdue, accepted] = [
    sum(({ open: n }) => n),
    sum(({ due: n }) => n),
    sum(({ overdue: n }) => n),
    sum(({ accepted: n }) => n),
  ];
  const next = workloads.flatMap(({ nextDue }) => (nextDue === undefined ? [] : [nextDue])).sort()[0];
  return [
    `Now ${count(open, 'finding')} ${open === 1 ? 'is' : 'are'} open: ${overdue} overdue, ${due} due, ${accepted} accepted, ${Math.max(0, open - overdue - due - accepted)} without a deadline.`,
    ...(next === undefined ? [] : [`The next becomes overdue at ${localText(Date.parse(next), timeZone)}.`]),
  ];
}

export const SEVERITY_HEADS = ['workload', 'severity', 'found', 'fixed', 'in time', 'open', 'overdue', 'due', 'accepted'];

/** One row of the table of a stage: what was found, and what became of it. */
export function severityRow(workload: string, each: SeverityReport): readonly string[] {
  const { severity, found, fixed, dated, inTime, open, overdue, due, accepted } = each;
  const known = dated === 0 ? '-' : `${inTime} of ${dated}`;
  return [workload, severity, ...[found, fixed].map(String), known, ...[open, overdue, due, accepted].map(String)];
}

/** What runs and what the gate says of it. */
export function imageSentence({ reference, tag, digest, verdict, reason, scannedAt }: ImageReport, timeZone: string): string {
  const scanned = scannedAt === undefined ? 'never scanned under this policy' : `scanned ${localText(Date.parse(scannedAt), timeZone)}`;
  return `${reference} at ${tag} (${digest.slice(0, 19)}), ${scanned}: ${verdict}, as ${reason}.`;
}

const EVENTS: Readonly<Record<string, readonly [string, string]>> = {
  promoted: ['promotion', 'promotions'],
  deployed: ['rollout by others', 'rollouts by others'],
  rolledBack: ['rollback', 'rollbacks'],
  blocked: ['time held back', 'times held back'],
  refused: ['refusal', 'refusals'],
  resumed: ['interruption', 'interruptions'],
  foreignChange: ['change by somebody else', 'changes by somebody else'],
  approved: ['approval', 'approvals'],
  frozen: ['freeze', 'freezes'],
};

/** How often each thing happened; empty where nothing did. */
export function eventsSentence({ events }: StageReport): string {
  const told = Object.entries(EVENTS).flatMap(([what, [one, many]]) => {
    const times = events[what] ?? 0;
    return times === 0 ? [] : [`${times} ${times === 1 ? one : many}`];
  });
  return told.length === 0 ? '' : `${told.join(', ')}.`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

/** To the minute: nobody asks for the seconds of days. */
function whole(length: number): number {
  return length < 3_600_000 ? length : Math.round(length / 60_000) * 60_000;
}
