import { type GatePolicy, type Milliseconds, SEVERITIES, type Severity } from '../policy/policy.js';

const DAY: Milliseconds = 86_400_000;

/** How long before a deadline is told of it: once early, once late. */
export interface Distances {
  readonly severities: readonly (Severity | 'unknown')[];
  readonly far: Milliseconds;
  readonly near: Milliseconds;
}

/**
 * For each severity a week and a day before its deadline, and where that is short half and a quarter of it; severities of
 * the same distances together.
 */
export function dueDistances(gate: GatePolicy): readonly Distances[] {
  const distances = new Map<string, Distances>();
  for (const severity of [...SEVERITIES, 'unknown'] as const) {
    const rated = severity === 'unknown' ? gate.unknownSeverity : severity;
    const length = (rated === 'ignore' ? undefined : deadlineOf(gate, rated)) ?? shortestDeadline(gate);
    const [far, near] = [Math.min(7 * DAY, part(length, 2)), Math.min(DAY, part(length, 4))];
    const same = distances.get(`${far} ${near}`)?.severities ?? [];
    distances.set(`${far} ${near}`, { severities: [...same, severity], far, near });
  }
  return [...distances.values()];
}

/** How long something may stand still before somebody should look: a quarter of the shortest deadline, a day at most. */
export function patience(gate: GatePolicy): Milliseconds {
  return Math.min(DAY, part(shortestDeadline(gate), 4));
}

function shortestDeadline(gate: GatePolicy): Milliseconds {
  const lengths = [...SEVERITIES.map((severity) => deadlineOf(gate, severity)), gate.exploited?.deadline, gate.epss?.deadline];
  return Math.min(...lengths.filter((length) => length !== undefined), 28 * DAY);
}

/** The shortest one that a finding of a severity may have by its severity, or by the preset where it has no own. */
function deadlineOf({ deadlines, preset }: GatePolicy, severity: Severity): Milliseconds | undefined {
  const rows = (preset?.rows ?? []).filter(({ when }) => when.exploited !== true && (when.severity ?? severity) === severity);
  const lengths = rows.map(({ deadline }) => deadline).filter((deadline) => deadline !== undefined);
  return deadlines[severity] ?? (lengths.length === 0 ? undefined : Math.min(...lengths));
}

/** In whole seconds, as Prometheus counts. */
function part(length: Milliseconds, by: number): Milliseconds {
  return Math.max(1000, Math.floor(length / by / 1000) * 1000);
}
