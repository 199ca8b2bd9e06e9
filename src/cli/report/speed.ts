import type { FixedFinding } from './fixed.js';

/** How long fixes took from their release, or from when their finding was first seen, until they were promoted. Milliseconds. */
export interface Speed {
  /** How many are measured. */
  readonly measured: number;
  /** Of these, how many from the release of the fix; the others from when they were first seen. */
  readonly fromRelease: number;
  /** Absent where none is measured. */
  readonly medianMs?: number;
  readonly p95Ms?: number;
  readonly slowestMs?: number;
  /** Of the fixed ones, those with a deadline, and how many of them were in time. */
  readonly dated: number;
  readonly inTime: number;
}

export function speedOf(fixed: readonly FixedFinding[]): Speed {
  const measured = fixed.flatMap(({ fixedAt, since }) =>
    fixedAt === undefined || since === undefined ? [] : [{ of: since.of, took: Math.max(0, Date.parse(fixedAt) - Date.parse(since.at)) }],
  );
  const times = measured.map(({ took }) => took).sort((a, b) => a - b);
  const dated = fixed.filter(({ inTime }) => inTime !== undefined);
  const [medianMs, p95Ms, slowestMs] = [0.5, 0.95, 1].map((share) => nearestRank(times, share));
  return {
    measured: times.length,
    fromRelease: measured.filter(({ of }) => of === 'fixReleased').length,
    ...(medianMs === undefined || p95Ms === undefined || slowestMs === undefined ? {} : { medianMs, p95Ms, slowestMs }),
    dated: dated.length,
    inTime: dated.filter(({ inTime }) => inTime === true).length,
  };
}

/** The least of sorted values that a share of them does not exceed. */
function nearestRank(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
