import { type Manifest, titleOf } from '../manifest/manifest.js';
import type { CountOrPercent, RolloutPolicy } from '../policy/policy.js';
import type { Problem } from '../problem.js';
import { valueAt } from './fields.js';
import { conflict, type Settled } from './settings.js';

/** How many pods may be missing during a rollout, and how many more than wanted may run. Never both none. */
interface Pace {
  readonly maxUnavailable: CountOrPercent;
  readonly maxSurge: CountOrPercent;
}

export interface PaceInput {
  readonly workload: Manifest;
  readonly kind: 'Deployment' | 'DaemonSet';
  readonly rollout: RolloutPolicy;
  /** Pods that it has; of a DaemonSet nobody knows. */
  readonly replicas: number;
  /** Why no pod may start beside another one; undefined where it may. */
  readonly noSurge: string | undefined;
}

/** Where the pace is, and what an author who says nothing has: Kubernetes' values, which are cdk8s-plus-28's too. */
const PLACES = {
  Deployment: { path: ['spec', 'strategy', 'rollingUpdate'], maxUnavailable: ['25%'], maxSurge: ['25%'] },
  DaemonSet: { path: ['spec', 'updateStrategy', 'rollingUpdate'], maxUnavailable: [1], maxSurge: [0, '0%'] },
} as const;

const FIELDS = ['maxUnavailable', 'maxSurge'] as const;

/** The pace of a rolling update: the policy's, unless the workload says otherwise on purpose or could not stand it. */
export function paceOf(input: PaceInput): Settled {
  const { workload, kind, rollout, noSurge } = input;
  const { path } = PLACES[kind];
  const wanted = wantedPace(input);
  const own = { maxUnavailable: ownValue(workload, kind, 'maxUnavailable'), maxSurge: ownValue(workload, kind, 'maxSurge') };
  const { stuck, ...pace } =
    noSurge !== undefined && kind === 'Deployment' ? { ...wanted, stuck: false } : stricterPace(own, wanted, input);
  const conflicts = disputed(input).flatMap((field) => {
    const mine = own[field];
    if (mine === undefined || mine === wanted[field]) return [];
    const both = { workload, path: [...path, field], field: `rollout.${field}`, own: mine, wanted: wanted[field], stricter: pace[field] };
    return [{ field, ...conflict(both, rollout) }];
  });
  const fails = conflicts.some(({ problem }) => problem.severity === 'error');
  const warn = (field: keyof Pace, message: string): Problem => ({
    path: `${titleOf(workload)} ${[...path, field].join('.')}`,
    message,
    severity: 'warning',
  });
  return {
    edits: fails ? [] : FIELDS.map((field) => ({ path: [...path, field], value: pace[field] })),
    problems: [
      ...(noSurge === undefined ? [] : [warn('maxSurge', `${noSurge}: no new pod starts before an old one is gone, and ${some(pace)}.`)]),
      ...(stuck && !fails ? [warn('maxUnavailable', `With maxUnavailable 0 and maxSurge 0 nothing could roll: ${some(pace)}.`)] : []),
      ...conflicts.filter(({ field }) => fails || !stuck || field === 'maxSurge').map(({ problem }) => problem),
    ],
  };
}

/**
 * Pods of a StatefulSet are replaced one at a time, and none starts beside another. Some servers let more be missing: nothing
 * but an author's own word asks for that, and it may not ask for more than the policy.
 * @see https://github.com/kubernetes/enhancements/issues/961 for servers that read the field: by default from 1.37
 */
export function orderedPaceOf({ workload, rollout, replicas }: Pick<PaceInput, 'workload' | 'rollout' | 'replicas'>): Settled {
  const path = ['spec', 'updateStrategy', 'rollingUpdate', 'maxUnavailable'];
  const own = valueAt(workload, path);
  const wanted = isZero(rollout.maxUnavailable) ? 1 : rollout.maxUnavailable;
  if (!isCountOrPercent(own) || own === 1 || own === wanted) return { edits: [], problems: [] };
  const stricter = fewer(own, wanted, (percent) => Math.ceil((percent * replicas) / 100));
  const { value, problem } = conflict({ workload, path, field: 'rollout.maxUnavailable', own, wanted, stricter }, rollout);
  return { edits: [{ path, value }], problems: [problem] };
}

/** A DaemonSet has either; a surge loses no pod. */
function wantedPace({ kind, rollout: { maxUnavailable, maxSurge }, noSurge }: PaceInput): Pace {
  if (noSurge !== undefined && kind === 'Deployment') return { maxUnavailable: 1, maxSurge: 0 };
  if (noSurge !== undefined) return { maxUnavailable: isZero(maxUnavailable) ? 1 : maxUnavailable, maxSurge: 0 };
  if (kind === 'Deployment') return { maxUnavailable, maxSurge };
  return isZero(maxSurge) ? { maxUnavailable, maxSurge: 0 } : { maxUnavailable: 0, maxSurge };
}

/** Where no surge is possible, that is no choice: its own word is said instead. */
function disputed({ kind, noSurge }: PaceInput): readonly (keyof Pace)[] {
  if (noSurge === undefined) return FIELDS;
  return kind === 'DaemonSet' ? ['maxUnavailable'] : [];
}

/** The stricter of each; where that leaves no way to roll, both of the one who does not surge. */
function stricterPace(
  own: { readonly [F in keyof Pace]: CountOrPercent | undefined },
  wanted: Pace,
  { kind, replicas, noSurge }: PaceInput,
): Pace & { readonly stuck: boolean } {
  // As the controllers round: a DaemonSet's always up.
  const missing = kind === 'Deployment' ? Math.floor : Math.ceil;
  const maxUnavailable = fewer(own.maxUnavailable, wanted.maxUnavailable, (percent) => missing((percent * replicas) / 100));
  const surge = fewer(own.maxSurge, wanted.maxSurge, (percent) => Math.ceil((percent * replicas) / 100));
  const maxSurge = noSurge === undefined ? surge : 0;
  if (!isZero(maxUnavailable) || !isZero(maxSurge)) return { maxUnavailable, maxSurge, stuck: false };
  const ownUnavailable = own.maxUnavailable ?? 1;
  return own.maxSurge === undefined || !isZero(own.maxSurge) || isZero(ownUnavailable)
    ? { ...wanted, stuck: true }
    : { maxUnavailable: ownUnavailable, maxSurge: own.maxSurge, stuck: true };
}

function some({ maxUnavailable }: Pace): string {
  return `${maxUnavailable} at a time may be missing`;
}

/** Of a count and a percentage, the one that means fewer pods, rounded as Kubernetes rounds; the workload's own where they mean the same. */
function fewer(own: CountOrPercent | undefined, wanted: CountOrPercent, pods: (percent: number) => number): CountOrPercent {
  if (own === undefined) return wanted;
  const alike = typeof own === typeof wanted;
  const amount = (value: CountOrPercent) =>
    typeof value === 'number' ? value : alike ? Number.parseInt(value, 10) : pods(Number.parseInt(value, 10));
  return amount(own) <= amount(wanted) ? own : wanted;
}

function isZero(value: CountOrPercent): boolean {
  return value === 0 || value === '0%';
}

/** What the author set on purpose. */
function ownValue(workload: Manifest, kind: PaceInput['kind'], field: keyof Pace): CountOrPercent | undefined {
  const value = valueAt(workload, [...PLACES[kind].path, field]);
  const defaults: readonly unknown[] = PLACES[kind][field];
  return isCountOrPercent(value) && !defaults.includes(value) ? value : undefined;
}

function isCountOrPercent(value: unknown): value is CountOrPercent {
  return typeof value === 'number' ? Number.isInteger(value) && value >= 0 : typeof value === 'string' && /^\d{1,3}%$/.test(value);
}
