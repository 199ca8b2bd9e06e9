import type { FindingState, JudgedFinding } from './finding.js';
import { compare } from './identity.js';
import { toMs } from './instant.js';
import { rank } from './severity.js';

type Ranked = Pick<JudgedFinding, 'id' | 'package' | 'severity' | 'exploited' | 'failsAt'>;

/** What a finding is at an instant (epoch milliseconds): overdue from the instant of its deadline on, unless it is excused. */
export function stateAt(finding: Pick<JudgedFinding, 'failsAt' | 'excepted' | 'ignored'>, at: number): FindingState {
  if (finding.ignored !== undefined) return 'ignored';
  if (finding.excepted !== undefined && at < toMs(finding.excepted.expires)) return 'excepted';
  if (finding.failsAt === undefined) return 'reported';
  return at < toMs(finding.failsAt) ? 'due' : 'overdue';
}

/** Most urgent first: by `failsAt` (those without last), exploited before others, severity, id, package. */
export function byUrgency<F extends Ranked>(findings: readonly F[]): readonly F[] {
  return [...findings].sort((a, b) => byInstant(a.failsAt, b.failsAt) || bySeverity(a, b));
}

function byInstant(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  if (a === undefined || b === undefined) return a === undefined ? 1 : -1;
  // Instants of whole seconds are all of one length, and sort as text.
  return a.length === b.length ? compare(a, b) : toMs(a) - toMs(b);
}

function bySeverity(a: Ranked, b: Ranked): number {
  return (
    Number(b.exploited) - Number(a.exploited) || rank(a.severity) - rank(b.severity) || compare(a.id, b.id) || compare(a.package, b.package)
  );
}
