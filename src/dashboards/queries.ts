import type { Milliseconds } from '../policy/policy.js';
import {
  aggregate,
  and,
  before,
  compare,
  copyLabel,
  divide,
  type Expression,
  type Matchers,
  metric,
  multiply,
  number,
  or,
  seconds,
  subtract,
  time,
  unless,
  withOne,
} from '../promql.js';

/** The series that a dashboard's variables choose. */
export const STAGES: Matchers = { policy: { like: '$policy' }, stage: { like: '$stage' }, namespace: { like: '$namespace' } };
export const WORKLOAD: Matchers = { ...STAGES, workload: { like: '$workload' } };

/** The labels that tell one stage of a policy, and one workload, from every other. */
export const PER_STAGE = ['policy', 'stage', 'namespace'] as const;
export const PER_WORKLOAD = [...PER_STAGE, 'workload'] as const;

/** One series per workload, whichever of the exporter's pods it was scraped from. */
export function perWorkload(name: string, of: Matchers = STAGES): Expression {
  return aggregate('max', PER_WORKLOAD, metric(name, of));
}

/** The same for what is known of a stage. */
export function perStage(name: string, of: Matchers = STAGES): Expression {
  return aggregate('max', PER_STAGE, metric(name, of));
}

/** How many series there are, and 0 where none of them is, as long as there are workloads at all: nothing known is no zero. */
export function countOf(series: Expression, by: readonly string[] = [], of: Matchers = STAGES): Expression {
  const workloads = aggregate('count', by, perWorkload('patchway_workload_info', of));
  return or(aggregate('count', by, series), multiply(workloads, number(0)));
}

/** Workloads with a deadline, and the seconds that are left of it: negative since it has passed. */
export function timeLeft(of: Matchers = STAGES): Expression {
  return subtract(perWorkload(DEADLINE, of), time);
}

/** When the deadline is, in milliseconds, as Grafana counts time. */
export function deadline(of: Matchers = STAGES): Expression {
  return multiply(perWorkload(DEADLINE, of), number(1000));
}

/** Of what is known of workloads: those with a deadline. */
export function withDeadline(series: Expression): Expression {
  return and(series, PER_WORKLOAD, metric(DEADLINE, STAGES));
}

export function overdue(): Expression {
  return compare(timeLeft(), '<=', number(0));
}

export function dueWithin(span: Milliseconds): Expression {
  return compare(compare(timeLeft(), '>', number(0)), '<=', seconds(span));
}

/** How many findings that have a fix a workload has, of these severities. */
export function fixable(severities: readonly string[], by: readonly string[], of: Matchers = STAGES): Expression {
  const findings = metric('patchway_findings', { ...of, fixable: 'true', severity: { oneOf: severities } });
  return aggregate('sum', by, aggregate('max', [...PER_WORKLOAD, 'severity'], findings));
}

/** How long ago the last complete scan was, in seconds. */
export function scanAge(of: Matchers = STAGES): Expression {
  return subtract(time, perWorkload('patchway_scan_last_success_timestamp_seconds', of));
}

/** Workloads whose last complete scan is as recent as their policy asks for. */
export function scannedInTime(): Expression {
  return withOne(scanAge(), '<', PER_STAGE, perStage('patchway_evidence_max_age_seconds'));
}

/** Of every other workload: how long ago it was last scanned, in seconds; 0 says never. */
export function sinceMissedScan(): Expression {
  const missed = unless(perWorkload('patchway_workload_info'), PER_WORKLOAD, scannedInTime());
  return or(and(scanAge(), PER_WORKLOAD, missed), multiply(missed, number(0)));
}

/** The share of workloads (0 to 1) that were scanned in time. */
export function coverage(by: readonly string[]): Expression {
  return divide(countOf(scannedInTime(), by), aggregate('count', by, perWorkload('patchway_workload_info')));
}

/** How long fixes of a severity had been released when they came to a workload, in seconds: the slowest of its last change. */
export function fixLatency(severity: string): Expression {
  return perWorkload('patchway_fix_latency_seconds', { ...STAGES, severity });
}

/** The share (0 to 1) of a severity's deadlines of the last 30 days that were met. */
export function metInTime(severity: string): Expression {
  const decided = (matchers: Matchers) => {
    const deadlines = metric('patchway_deadlines', { ...STAGES, severity, within: '30d', ...matchers });
    return aggregate('sum', [], aggregate('max', [...PER_STAGE, 'met'], deadlines));
  };
  return divide(decided({ met: 'true' }), compare(decided({}), '>', number(0)));
}

/** How old the images are that workloads run, in seconds since their release. */
export function imageAge(of: Matchers = STAGES): Expression {
  return subtract(time, aggregate('max', PER_IMAGE, metric(RELEASED, of)));
}

/** When the images that workloads run were released, in milliseconds; `image` is the beginning of the digest. */
export function released(of: Matchers): Expression {
  return multiply(named(aggregate('max', PER_IMAGE, metric(RELEASED, of))), number(1000));
}

/** 1 for each image that a workload runs, whatever the stage; `image` is the beginning of the digest. */
export function images(of: Matchers): Expression {
  return named(aggregate('max', PER_IMAGE, metric('patchway_image_info', of)));
}

/** Images that a workload did not run ten minutes before. */
export function newImages(of: Matchers): Expression {
  const info = metric('patchway_image_info', of);
  return named(unless(aggregate('max', PER_IMAGE, info), PER_IMAGE, before(info, 600_000)));
}

const DEADLINE = 'patchway_gate_closes_timestamp_seconds';
const RELEASED = 'patchway_image_released_timestamp_seconds';
const PER_IMAGE = [...PER_WORKLOAD, 'repository', 'digest'] as const;

/** A digest is too long to read. */
function named(series: Expression): Expression {
  return copyLabel(series, 'digest', 'image', 'sha256:(.{12}).*');
}
