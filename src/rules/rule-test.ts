import type { WorkloadKind } from '../manifest/kinds.js';
import type { Milliseconds } from '../policy/policy.js';
import type { StageRules } from './stage-rules.js';

/** What shows of an alert that it fires, stays silent and ends. */
export interface RuleTests {
  /** The time between two samples, and between two evaluations. */
  readonly step: Milliseconds;
  readonly cases: readonly RuleCase[];
}

export interface RuleCase {
  readonly title: string;
  readonly series: readonly InputSeries[];
  /** By step from 0: the workloads that it fires for; `''` is the stage itself. */
  readonly at: readonly (readonly [step: number, firing: readonly string[]])[];
}

export interface InputSeries {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** One sample each step, in promtool's notation. */
  readonly values: string;
}

/** A workload that is in no stage. */
export const STRANGER = 'a-stranger';

/** Seconds since 1970 that no test reaches. */
export const FAR = 4_000_000_000;

/** The labels and names that the series of a stage's tests have. */
export interface Scene {
  /** A workload of the stage, of the kind that was asked for. */
  readonly workload: string;
  /** A series of the exporter about that workload. */
  of(name: string, values: string, labels?: InputSeries['labels']): InputSeries;
  /** A series of the exporter about the stage. */
  stage(name: string, values: string, labels?: InputSeries['labels']): InputSeries;
  /** A series of kube-state-metrics. */
  kube(name: string, values: string, labels: InputSeries['labels']): InputSeries;
}

export function sceneOf({ policy, stage, workloads }: StageRules, kind?: WorkloadKind): Scene {
  const found = workloads.find((workload) => kind === undefined || workload.kind === kind);
  const workload = found?.name ?? '';
  const own = { policy: policy.name, stage: stage.name, namespace: stage.namespace };
  return {
    workload,
    of: (name, values, labels = {}) => ({ name, values, labels: { ...own, workload, ...labels } }),
    stage: (name, values, labels = {}) => ({ name, values, labels: { ...own, ...labels } }),
    kube: (name, values, labels) => ({ name, values, labels: { namespace: stage.namespace, ...labels } }),
  };
}

/** The same series somewhere else, where it is nothing to this stage's rules. */
export function elsewhere(series: InputSeries, values = series.values): InputSeries {
  const { stage, workload, ...labels } = series.labels;
  return {
    name: series.name,
    values,
    labels: {
      ...labels,
      namespace: 'elsewhere',
      ...(stage === undefined ? {} : { stage: 'elsewhere' }),
      ...(workload === undefined ? {} : { workload: STRANGER }),
    },
  };
}

/** Samples in promtool's notation: each value, for so many steps. `'absent'`: there is no series any more. */
export function samples(...parts: readonly (readonly [value: number | 'absent', steps: number])[]): string {
  return parts
    .filter(([, steps]) => steps > 0)
    .map(([value, steps]) => (value === 'absent' ? ['stale', ...(steps > 1 ? [`_x${steps - 1}`] : [])].join(' ') : `${value}x${steps - 1}`))
    .join(' ');
}

/** A condition that begins to hold at one step and ends after another one. */
export interface Timeline {
  readonly step: Milliseconds;
  /** Values while it holds, and before and after. */
  values(on: number | 'absent', off: number | 'absent', later?: number | 'absent'): string;
  /** The same value all the time. */
  always(value: number): string;
  /** A value that is another one at each step. */
  readonly unrest: string;
  /** A number that is some time (in the past, or less than nothing for the future) away from the step at which the condition begins to hold. */
  age(length: Milliseconds): number;
  at(firing: string): RuleCase['at'];
  /** Where it holds from the beginning, and ends at that step. */
  until(firing: string): RuleCase['at'];
  /** At no time. */
  readonly never: RuleCase['at'];
}

export interface TimelineOptions {
  /** How long the alert waits. */
  readonly wait: Milliseconds;
  /** How long it goes on. @default not at all */
  readonly keep?: Milliseconds | undefined;
  /** Lengths that its expression compares with or looks back: a step is at most a twentieth of them. @default none */
  readonly lengths?: readonly Milliseconds[];
  /** How long values have held when the condition is met, as it looks back so far. @default 0 */
  readonly settles?: Milliseconds;
  /** The length of a step. @default what fits */
  readonly steps?: Milliseconds;
}

/** A timeline whose steps hit each limit exactly, and tell one that is a tenth off. */
export function timeline({ wait, keep = 0, lengths = [], settles = 0, steps }: TimelineOptions): Timeline {
  const step = steps ?? stepFor([wait, settles], settles > 0 ? [...lengths, wait, settles] : lengths);
  const [waits, keeps] = [Math.ceil(wait / step), keep / step];
  // Releases of Prometheus differ in whether a range has the sample at its very beginning.
  const early = settles > 0 ? 2 : 1;
  const on = 12;
  const first = on + Math.round(settles / step);
  const last = first + waits + 6;
  const end = last + Math.ceil(keeps) + 6;
  const all = end + 4;
  return {
    step,
    values: (value, off, later = off) => samples([off, on], [value, last + 1 - on], [later, all - last]),
    always: (value) => samples([value, all]),
    unrest: Array.from({ length: all }, (_, i) => 1 + (i % 2)).join(' '),
    age: (length) => (first * step - length) / 1000,
    at: (firing) => [
      [on - 1, []],
      ...(first + waits - early > on ? [[first + waits - early, []] as const] : []),
      [first + waits, [firing]],
      [last, [firing]],
      ...(keeps < 1 ? [] : [[last + Math.floor(keeps), [firing]] as const]),
      [end, []],
    ],
    until: (firing) => [...(waits < first ? [[first - 1, [firing]] as const] : []), [first, []]],
    never: [
      [on - 1, []],
      [first + waits, []],
      [last, []],
      [end, []],
    ],
  };
}

/** The longest step, in whole seconds, that divides what is waited for, and is at most a tenth of it and a twentieth of every other length. */
function stepFor(exact: readonly Milliseconds[], others: readonly Milliseconds[]): Milliseconds {
  const waits = exact.filter((length) => length > 0);
  const most = Math.min(...waits.map((length) => length / 10), ...others.filter((length) => length > 0).map((length) => length / 20));
  const seconds = Math.floor((most === Number.POSITIVE_INFINITY ? 60_000 : Math.min(most, 6 * 3_600_000)) / 1000);
  for (let step = Math.max(1, seconds); step > 1; step--) {
    if (waits.every((length) => (length / 1000) % step === 0)) return step * 1000;
  }
  return 1000;
}
