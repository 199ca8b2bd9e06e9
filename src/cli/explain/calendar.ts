import { formatDuration } from '../../policy/duration.js';
import type { Policy, Stage } from '../../policy/policy.js';
import { scheduleOf } from '../../policy/schedule.js';
import { deniedIntervals, type Interval, openIntervals } from '../../policy/windows.js';

/** When a policy scans, and when its stages' rollouts may run, between two instants (epoch milliseconds). */
export interface Calendar {
  readonly policy: string;
  readonly timeZone: string;
  readonly from: number;
  readonly to: number;
  readonly schedule: string;
  readonly scans: readonly number[];
  readonly stages: readonly StageCalendar[];
}

export interface StageCalendar {
  readonly name: string;
  readonly namespace: string;
  /** Whether there are no windows at all. */
  readonly always: boolean;
  readonly open: readonly Interval[];
  readonly denied: readonly Interval[];
  /** How an image comes here, step by step, in words. */
  readonly way: readonly string[];
}

export function calendarOf(policy: Policy, from: number, to: number): Calendar {
  const { name, timeZone, scan, stages } = policy;
  return {
    policy: name,
    timeZone,
    from,
    to,
    schedule: scan.schedule,
    scans: scansBetween(policy, from, to),
    stages: stages.map((stage) => ({
      name: stage.name,
      namespace: stage.namespace,
      always: stage.windows.length === 0,
      open: openIntervals(stage.windows, from, to),
      denied: deniedIntervals(stage.windows, from, to),
      way: wayTo(policy, stage),
    })),
  };
}

function scansBetween({ scan, timeZone }: Policy, from: number, to: number): readonly number[] {
  const { next } = scheduleOf(scan.schedule, timeZone);
  const scans: number[] = [];
  for (let fire = next(from - 1); fire !== undefined && fire < to; fire = next(fire)) scans.push(fire);
  return scans;
}

function wayTo({ promotion, gate }: Policy, { after, oneOf, soak, approval, verify, windows }: Stage): readonly string[] {
  const verified = verify === undefined ? [] : [`verified by ${verify.map(({ kind }) => kind).join(' and ')}`];
  if (after.length === 0) return ['takes its images from the lock when its manifests are applied', ...verified];
  const soaks = soak === 0 ? [] : [`when it has run there healthily for ${formatDuration(soak)}`];
  const skips = gate.exploited?.skipSoak === true && soak > 0 ? ['the soak'] : [];
  const passes = gate.exploited?.bypassWindows === true && windows.length > 0 ? ['windows'] : [];
  const urgent = [...skips, ...passes];
  return [
    `takes what ${after.join(oneOf === true ? ' or ' : ' and ')} ${after.length === 1 || oneOf === true ? 'runs' : 'run'}`,
    ...soaks,
    'when the gate lets it through',
    ...(approval === undefined ? [] : ['when somebody has approved it']),
    ...(windows.length === 0 ? [] : ['in a window']),
    ...verified,
    `looking on the schedule ${promotion.schedule}`,
    ...(urgent.length === 0 ? [] : [`a fix for an exploited finding does not wait for ${urgent.join(' or ')}`]),
  ];
}
