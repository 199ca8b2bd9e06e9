import type { Edit } from '../manifest/edit.js';
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
export function paceOf({ workload, kind, rollout, replicas, noSurge }: PaceInput): Settled {
  const wanted = wantedPace(kind, rollout, noSurge);
  const path = PLACES[kind].path;
  const edits = (pace: Pace): readonly Edit[] => FIELDS.map((field) => ({ path: [...path, field], value: pace[field] }));
  const said = noSurge === undefined ? [] : [sayNoSurge(workload, [...path, 'maxSurge'], noSurge, wanted)];
  if (noSurge !== undefined && kind === 'Deployment') return { edits: edits(wanted), problems: said };
  const own = { maxUnavailable: ownValue(workload, kind, 'maxUnavailable'), maxSurge: ownValue(workload, kind, 'maxSurge') };
  const stricter = stricterPace(own, wanted, replicas);
  const settled = FIELDS.map((field) => {
    const mine = own[field];
    if (mine === undefined || mine === wanted[field]) return { value: stricter[field], problems: [] };
    const input = {
      workload,
      path: [...path, field],
      field: `rollout.${field}`,
      own: mine,
      wanted: wanted[field],
      stricter: stricter[field],
    };
    const { value, problem } = conflict(input, rollout);
    return { value, problems: noSurge !== undefined && field === 'maxSurge' ? [] : [problem] };
  });
  const fails = settled.some(({ problems }) => problems.some(({ severity }) => severity === 'error'));
  return { edits: fails ? [] : edits(stricter), problems: [...said, ...settled.flatMap(({ problems }) => problems)] };
}

/** A DaemonSet has either; a surge loses no pod. */
function wantedPace(kind: PaceInput['kind'], { maxUnavailable, maxSurge }: RolloutPolicy, noSurge: string | undefined): Pace {
  if (noSurge !== undefined && kind === 'Deployment') return { maxUnavailable: 1, maxSurge: 0 };
  if (noSurge !== undefined) return { maxUnavailable: isZero(maxUnavailable) ? 1 : maxUnavailable, maxSurge: 0 };
  if (kind === 'Deployment') return { maxUnavailable, maxSurge };
  return isZero(maxSurge) ? { maxUnavailable, maxSurge: 0 } : { maxUnavailable: 0, maxSurge };
}

/** The stricter of each; where that leaves no way to roll, all of the one that does not surge. */
function stricterPace(own: { readonly [F in keyof Pace]: CountOrPercent | undefined }, wanted: Pace, replicas: number): Pace {
  const maxUnavailable = fewer(own.maxUnavailable, wanted.maxUnavailable, (percent) => Math.floor((percent * replicas) / 100));
  const maxSurge = fewer(own.maxSurge, wanted.maxSurge, (percent) => Math.ceil((percent * replicas) / 100));
  if (!isZero(maxUnavailable) || !isZero(maxSurge)) return { maxUnavailable, maxSurge };
  const ownUnavailable = own.maxUnavailable ?? 1;
  return own.maxSurge === undefined || !isZero(own.maxSurge) || isZero(ownUnavailable)
    ? wanted
    : { maxUnavailable: ownUnavailable, maxSurge: own.maxSurge };
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

function sayNoSurge(workload: Manifest, path: readonly string[], why: string, { maxUnavailable }: Pace): Problem {
  return {
    path: `${titleOf(workload)} ${path.join('.')}`,
    message: `${why}: no new pod is started before an old one has gone, and ${maxUnavailable} at a time may be missing.`,
    severity: 'warning',
  };
}
