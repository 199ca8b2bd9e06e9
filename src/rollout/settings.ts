import type { Edit } from '../manifest/edit.js';
import type { WorkloadKind } from '../manifest/kinds.js';
import { type Manifest, titleOf } from '../manifest/manifest.js';
import type { RolloutPolicy } from '../policy/policy.js';
import type { Problem } from '../problem.js';
import { seconds } from './container.js';
import { valueAt } from './fields.js';

/** A number that a workload and a policy both may set. */
export interface Setting {
  /** From the object's top. */
  readonly path: readonly string[];
  /** The policy's field. */
  readonly field: string;
  readonly wanted: (rollout: RolloutPolicy) => number;
  /** What Kubernetes, or cdk8s-plus-28, has where an author says nothing: no choice of anybody's. */
  readonly defaults: readonly number[];
  /** Which of two numbers asks more of a rollout. */
  readonly stricter: 'less' | 'more';
}

const MIN_READY: Setting = {
  path: ['spec', 'minReadySeconds'],
  field: 'rollout.minReady',
  wanted: ({ minReady }) => seconds(minReady),
  defaults: [0],
  stricter: 'more',
};

const PROGRESS_DEADLINE: Setting = {
  path: ['spec', 'progressDeadlineSeconds'],
  field: 'rollout.progressDeadline',
  wanted: ({ progressDeadline }) => seconds(progressDeadline),
  defaults: [600],
  stricter: 'less',
};

const REVISION_HISTORY: Setting = {
  path: ['spec', 'revisionHistoryLimit'],
  field: 'rollout.revisionHistory',
  wanted: ({ revisionHistory }) => revisionHistory,
  defaults: [10],
  stricter: 'more',
};

/**
 * By kind, in the order in which they are written.
 * @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/ for Kubernetes' defaults
 */
const SETTINGS: Readonly<Record<WorkloadKind, readonly Setting[]>> = {
  Deployment: [MIN_READY, PROGRESS_DEADLINE, REVISION_HISTORY],
  StatefulSet: [MIN_READY, REVISION_HISTORY],
  DaemonSet: [MIN_READY, REVISION_HISTORY],
  CronJob: [],
  Rollout: [],
};

/** What adopting comes to for one part of a workload: fields to set, and what is worth saying about it. */
export interface Settled {
  readonly edits: readonly Edit[];
  readonly problems: readonly Problem[];
}

/** The numbers of a workload that the policy sets too. */
export function settingsOf(workload: Manifest, kind: WorkloadKind, rollout: RolloutPolicy): Settled {
  const chosen = SETTINGS[kind].map((setting) => choose(workload, setting, rollout));
  const minReady = chosen.find(({ setting }) => setting === MIN_READY)?.value ?? 0;
  const settled = chosen.map((choice) =>
    choice.setting === PROGRESS_DEADLINE && choice.value <= minReady ? longerThan(minReady, choice.value, workload, rollout) : choice,
  );
  return {
    edits: settled.map(({ setting, value }) => ({ path: setting.path, value })),
    problems: settled.flatMap(({ problems }) => problems),
  };
}

interface Choice {
  readonly setting: Setting;
  readonly value: number;
  readonly problems: readonly Problem[];
}

function choose(workload: Manifest, setting: Setting, rollout: RolloutPolicy): Choice {
  const { path, field } = setting;
  const own = numberAt(workload, path);
  const wanted = setting.wanted(rollout);
  if (own === undefined || own === wanted || setting.defaults.includes(own)) return { setting, value: wanted, problems: [] };
  const stricter = setting.stricter === 'less' ? Math.min(own, wanted) : Math.max(own, wanted);
  const { value, problem } = conflict({ workload, path, field, own, wanted, stricter }, rollout);
  return { setting, value, problems: [problem] };
}

/** Kubernetes refuses a deadline that passes before a pod can count as available. */
function longerThan(minReady: number, tooShort: number, workload: Manifest, rollout: RolloutPolicy): Choice {
  const { path, field, wanted } = PROGRESS_DEADLINE;
  const own = numberAt(workload, path) ?? 0;
  const value = [wanted(rollout), own].find((deadline) => deadline > minReady) ?? minReady + wanted(rollout);
  const message = `Its pods count only after ${minReady} s (minReadySeconds), when a deadline of ${tooShort} s has passed: ${value} s hold (${field}).`;
  return {
    setting: PROGRESS_DEADLINE,
    value,
    problems: [{ path: `${titleOf(workload)} ${path.join('.')}`, message, severity: 'warning' }],
  };
}

export interface Conflict<T> {
  readonly workload: Manifest;
  readonly path: readonly string[];
  readonly field: string;
  readonly own: T;
  readonly wanted: T;
  readonly stricter: T;
}

/** What holds where a workload says one thing on purpose and the policy another: never silent. */
export function conflict<T extends string | number>(
  { workload, path, field, own, wanted, stricter }: Conflict<T>,
  { onConflict }: RolloutPolicy,
): { readonly value: T; readonly problem: Problem } {
  const name = path.at(-1);
  const both = `It sets ${name} ${own}, and the policy ${wanted} (${field}).`;
  const fails = onConflict === 'fail';
  return {
    value: fails ? own : stricter,
    problem: {
      path: `${titleOf(workload)} ${path.join('.')}`,
      message: fails ? `${both} The policy lets neither win (rollout.onConflict: fail).` : `${both} The stricter holds: ${stricter}.`,
      hint: `Remove ${name} from the workload, or change ${field}.`,
      severity: fails ? 'error' : 'warning',
    },
  };
}

function numberAt(workload: Manifest, path: readonly string[]): number | undefined {
  const value = valueAt(workload, path);
  return typeof value === 'number' ? value : undefined;
}
