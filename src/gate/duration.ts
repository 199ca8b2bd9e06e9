import { formatDuration } from '../policy/duration.js';
import type { GatePolicy, Milliseconds } from '../policy/policy.js';
import { circumstancesOf, type Facts, unknownRating } from './circumstances.js';
import type { Finding } from './finding.js';

/** How long a finding may stay, and by which rule; without a length for ever. */
export interface Duration {
  readonly length?: Milliseconds;
  readonly words: string;
}

/**
 * The shortest duration that applies to a finding: the exploited one, the preset's, the one by EPSS, its severity's. Of
 * equal ones the first, as it says more. A field of the policy goes before the preset's rows on the same matter:
 * `exploited.deadline` before those for exploited findings, `deadlines` before the others, severity by severity.
 */
export function durationOf(gate: GatePolicy, finding: Finding, facts: Facts): Duration {
  const preset = byPreset(gate, finding, facts);
  const rules = [byExploitation(gate, finding), preset, byEpss(gate, finding), bySeverity(gate, finding)];
  let shortest: Duration | undefined;
  for (const rule of rules) {
    if (rule?.length !== undefined && (shortest?.length === undefined || rule.length < shortest.length)) shortest = rule;
  }
  return shortest ?? preset ?? { words: `${ratingOf(gate, finding)}: the policy sets no deadline` };
}

/** Whether the policy's rule for findings that will probably be exploited applies. */
export function isLikely({ epss }: GatePolicy, finding: Finding): boolean {
  return epss !== undefined && finding.epss !== undefined && finding.epss > epss.above;
}

function byExploitation({ exploited }: GatePolicy, finding: Finding): Duration | undefined {
  const length = finding.exploited ? exploited?.deadline : undefined;
  return length === undefined ? undefined : { length, words: `exploited: ${formatDuration(length)}` };
}

function byPreset(gate: GatePolicy, finding: Finding, facts: Facts): Duration | undefined {
  if (gate.preset === undefined) return undefined;
  const { name, rows } = gate.preset;
  const { meet, words } = circumstancesOf(gate, finding, facts);
  const row = rows.find(({ when }) => meet(when));
  const own = row?.when.exploited === true ? gate.exploited?.deadline : severityLength(gate, finding);
  if (own !== undefined) return undefined;
  const note = row?.note === undefined ? '' : ` (${row.note})`;
  if (row?.deadline === undefined) return { words: `${name}, ${words}: no deadline${note}` };
  return { length: row.deadline, words: `${name}, ${words}: ${formatDuration(row.deadline)}${note}` };
}

function byEpss(gate: GatePolicy, finding: Finding): Duration | undefined {
  if (gate.epss === undefined || !isLikely(gate, finding)) return undefined;
  return { length: gate.epss.deadline, words: `EPSS above ${gate.epss.above}: ${formatDuration(gate.epss.deadline)}` };
}

function bySeverity(gate: GatePolicy, finding: Finding): Duration | undefined {
  const length = severityLength(gate, finding);
  return length === undefined ? undefined : { length, words: `${ratingOf(gate, finding)}: ${formatDuration(length)}` };
}

function severityLength(gate: GatePolicy, finding: Finding): Milliseconds | undefined {
  const severity = finding.severity === 'unknown' ? gate.unknownSeverity : finding.severity;
  return severity === 'ignore' ? undefined : gate.deadlines[severity];
}

function ratingOf(gate: GatePolicy, finding: Finding): string {
  return finding.severity === 'unknown' ? unknownRating(gate) : finding.severity;
}
