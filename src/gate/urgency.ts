import type { FindingState, JudgedFinding } from './finding.js';
import { compare } from './identity.js';
import { toMs } from './instant.js';
import { remembered } from './once.js';
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
  return mostUrgentFirst([...findings].sort((a, b) => compare(a.id, b.id) || compare(a.package, b.package)));
}

/** The same of findings that are sorted by id and package already, as they are when they were joined. */
export function mostUrgentFirst<F extends Ranked>(findings: readonly F[]): readonly F[] {
  const byInstant = new Map<string | undefined, F[][]>();
  for (const finding of findings) {
    const groups = remembered(byInstant, finding.failsAt, () => []);
    const place = rank(finding.severity) + (finding.exploited ? 0 : UNEXPLOITED);
    const group = groups[place];
    if (group === undefined) groups[place] = [finding];
    else group.push(finding);
  }
  return [...byInstant].sort(([a], [b]) => compareInstants(a, b)).flatMap(([, groups]) => groups.flat());
}

/** Comes after every rank of a severity. */
const UNEXPLOITED = rank('unknown') + 1;

function compareInstants(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  if (a === undefined || b === undefined) return a === undefined ? 1 : -1;
  // Instants of whole seconds are all of one length, and sort as text.
  return a.length === b.length ? compare(a, b) : toMs(a) - toMs(b);
}
