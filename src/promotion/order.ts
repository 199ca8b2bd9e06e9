import type { WorkloadSummary } from '../manifest/stage-config.js';
import type { Intent, WorkloadImages } from './state.js';

/** Turns of a promotion: the orders that workloads name, each once, lowest first. One where none names any. */
export function turnsOf(workloads: readonly Pick<WorkloadSummary, 'order'>[]): readonly number[] {
  return [...new Set(workloads.map(orderOf))].sort((a, b) => a - b);
}

/** Whether it is, or was, a workload's turn. Always, where all move at once. */
export function isDue({ turn }: Pick<Intent, 'turn'>, workload: Pick<WorkloadSummary, 'order'> | undefined): boolean {
  return turn === undefined || orderOf(workload ?? {}) <= turn;
}

/** The first turn of workloads whose images change; undefined where all that change move at once. */
export function firstTurn(workloads: readonly WorkloadSummary[], changed: ReadonlySet<string>): number | undefined {
  const turns = turnsOf(workloads.filter(({ name }) => changed.has(name)));
  return turns.length < 2 ? undefined : turns[0];
}

/** The turn after an intent's present one; undefined where it is the last. */
export function nextTurn({ turn, to }: Intent, workloads: readonly WorkloadSummary[]): number | undefined {
  if (turn === undefined) return undefined;
  return turnsOf(workloads.filter(({ name }) => to[name] !== undefined)).find((each) => each > turn);
}

/** The images of those workloads whose turn it is, or was. */
export function dueImages(images: WorkloadImages, intent: Pick<Intent, 'turn'>, workloads: readonly WorkloadSummary[]): WorkloadImages {
  return Object.fromEntries(
    Object.entries(images).filter(([name]) =>
      isDue(
        intent,
        workloads.find((each) => each.name === name),
      ),
    ),
  );
}

function orderOf({ order = 0 }: Pick<WorkloadSummary, 'order'>): number {
  return order;
}
