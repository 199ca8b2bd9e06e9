import { aggregate, metric, quantile, subtract, time } from '../promql.js';
import type { Board } from './board.js';
import { bars, mapping, series, stat } from './panels.js';
import {
  countOf,
  coverage,
  deadline,
  dueWithin,
  fixable,
  fixLatency,
  imageAge,
  metInTime,
  overdue,
  PER_STAGE,
  PER_WORKLOAD,
  perWorkload,
  STAGES,
  sinceMissedScan,
  timeLeft,
  withDeadline,
} from './queries.js';
import { SEVERITIES, SEVERITY_COLORS } from './severities.js';
import { type LabelColumn, table } from './table.js';
import { stageVariables } from './variables.js';

const DAY = 86_400_000;
const DAYS = 86_400;

/** All stages and workloads: what is overdue, where, and since when; how fast fixes arrive; what nobody looks at. */
export function fleet(): Board {
  return {
    uid: 'patchway-fleet',
    title: 'Patchway / Fleet',
    description: 'What is overdue, where, and since when; how long fixes take to arrive; and what is not scanned.',
    from: 'now-7d',
    variables: stageVariables(),
    panels: [...numbers(), deadlines(), ...overTime(), ...latency(), unscanned(), exceptions()],
  };
}

function numbers() {
  const size = { width: 4, height: 4 };
  const none = { unit: 'short', thresholds: ['green', [1, 'red']] } as const;
  const few = { unit: 'short', thresholds: ['green', [1, 'orange']] } as const;
  return [
    stat({
      ...size,
      ...none,
      title: 'Overdue workloads',
      description: 'Workloads that run an image with a finding whose deadline has passed. Their gate is closed. It should be 0.',
      query: countOf(overdue()),
    }),
    stat({
      ...size,
      ...few,
      title: 'Due within 3 days',
      description: 'Workloads whose next deadline passes within 3 days, without those that are overdue.',
      query: countOf(dueWithin(3 * DAY)),
    }),
    stat({
      ...size,
      ...none,
      title: 'Exploited findings',
      description: 'Findings that are known to be exploited, in all that runs, without those that a policy accepts. It should be 0.',
      query: aggregate('sum', [], perWorkload('patchway_findings_exploited')),
    }),
    stat({
      ...size,
      ...few,
      title: 'Critical or high, with a fix',
      description: 'Findings of critical or high severity for which a fix is released, counted in each workload that has them.',
      query: fixable(['critical', 'high'], []),
    }),
    stat({
      ...size,
      unit: 'percentunit',
      decimals: 1,
      thresholds: ['red', [0.9, 'orange'], [1, 'green']],
      title: 'Scanned in time',
      description:
        'The share of workloads whose last complete scan, under the present policy, is no older than the policy allows. It should be 100 %.',
      query: coverage([]),
    }),
    stat({
      ...size,
      ...few,
      title: 'Drifted workloads',
      description: 'Workloads that run an image which neither the lock nor a promotion named: somebody changed them by hand.',
      query: aggregate('sum', [], perWorkload('patchway_drift')),
    }),
  ];
}

/** The dashboard of one workload, for a row of a table. */
const WORKLOAD_URL = [
  '/d/patchway-workload?var-datasource=$datasource',
  ...['Policy', 'Stage', 'Namespace', 'Workload'].map((title) => `var-${title.toLowerCase()}=\${__data.fields.${title}}`),
].join('&');

const WORKLOADS: readonly LabelColumn[] = [
  { label: 'workload', title: 'Workload', link: { title: 'What this workload runs', url: WORKLOAD_URL } },
  { label: 'stage', title: 'Stage', width: 150 },
  { label: 'namespace', title: 'Namespace', width: 200 },
  { label: 'policy', title: 'Policy', width: 150 },
];

function deadlines() {
  return table({
    width: 24,
    height: 9,
    unit: 'short',
    title: 'Deadlines, the most urgent first',
    description:
      'Every workload with a finding that must be fixed by some time. A negative time left says for how long it has been overdue. A click on a workload shows what it runs.',
    noValue: 'No workload has a deadline',
    labels: WORKLOADS,
    values: [
      { title: 'Time left', query: timeLeft(), unit: 's', thresholds: ['red', [0, 'orange'], [3 * DAYS, 'green']], width: 130 },
      { title: 'Deadline', query: deadline(), unit: 'dateTimeAsIso', width: 180 },
      { title: 'Exploited', query: withDeadline(perWorkload('patchway_findings_exploited')), thresholds: ['text', [1, 'red']], width: 100 },
      { title: 'Critical', query: withDeadline(fixable(['critical'], PER_WORKLOAD)), thresholds: ['text', [1, 'red']], width: 90 },
      { title: 'High', query: withDeadline(fixable(['high'], PER_WORKLOAD)), thresholds: ['text', [1, 'orange']], width: 90 },
    ],
    sortBy: 'Time left',
  });
}

function overTime() {
  const size = { width: 12, height: 8, unit: 'short', decimals: 0 } as const;
  return [
    series({
      ...size,
      title: 'Overdue workloads by stage',
      description: 'How many workloads were overdue in each stage. A line that stays above 0 is a fix that does not get through.',
      lines: [{ query: countOf(overdue(), ['policy', 'stage']), legend: '{{policy}} {{stage}}' }],
    }),
    series({
      ...size,
      title: 'Findings with a fix, by severity',
      description: 'Findings for which a fix is released, in all that runs, each counted in every workload that has it.',
      lines: SEVERITIES.map((severity) => ({ query: fixable([severity], []), legend: severity })),
      stacked: true,
      colors: SEVERITY_COLORS,
    }),
  ];
}

function latency() {
  const size = { width: 6, height: 10, decimals: 1 } as const;
  const by = ['policy', 'stage'] as const;
  const share = { ...size, unit: 'percentunit', max: 1, thresholds: ['red', [0.9, 'orange'], [1, 'green']] } as const;
  return [
    bars({
      ...size,
      unit: 's',
      thresholds: ['blue'],
      title: 'From a fix to its rollout',
      description:
        'For how long fixes had been released when they came to the workloads, by severity: at the median, and at the 95th percentile. Of each workload’s last change within 30 days the slowest fix counts. Choose a stage to look at it alone.',
      lines: SEVERITIES.flatMap((severity) => [
        { query: quantile(0.5, [], fixLatency(severity)), legend: `${severity}, median` },
        { query: quantile(0.95, [], fixLatency(severity)), legend: `${severity}, 95 %` },
      ]),
    }),
    bars({
      ...share,
      title: 'Fixed in time, last 30 days',
      description:
        'The share of the deadlines of the last 30 days that were met, by severity: the finding was gone before its deadline passed.',
      lines: SEVERITIES.map((severity) => ({ query: metInTime(severity), legend: severity })),
    }),
    bars({
      ...share,
      title: 'Scanned in time, by stage',
      description: 'The share of each stage’s workloads whose last complete scan is no older than the policy allows.',
      lines: [{ query: coverage(by), legend: '{{policy}} {{stage}}' }],
    }),
    bars({
      ...size,
      unit: 's',
      thresholds: ['blue'],
      title: 'Age of the images that run',
      description:
        'How long ago the images that run now were released, where the lock knows. A fix that nobody has built in cannot arrive.',
      lines: [
        { query: quantile(0.5, by, imageAge()), legend: '{{policy}} {{stage}}, median' },
        { query: aggregate('max', by, imageAge()), legend: '{{policy}} {{stage}}, oldest' },
      ],
    }),
  ];
}

function unscanned() {
  return table({
    width: 12,
    height: 8,
    unit: 's',
    title: 'Not scanned in time',
    description:
      'Workloads whose last complete scan is too old, or that were never scanned under the present policy. What is not known here is not clean.',
    noValue: 'All are scanned in time',
    labels: WORKLOADS.map(({ width: _, ...column }) => column),
    values: [{ title: 'Last scan, ago', query: sinceMissedScan(), mappings: mapping({ 0: { text: 'Never', color: 'red' } }), width: 130 }],
    sortBy: 'Workload',
  });
}

function exceptions() {
  const by = [...PER_STAGE, 'vulnerability', 'package', 'image'] as const;
  const ends = aggregate('max', by, metric('patchway_exception_expires_timestamp_seconds', STAGES));
  return table({
    width: 12,
    height: 8,
    unit: 'short',
    title: 'Accepted findings, by the end of their exception',
    description: 'Exceptions of the policies. Once one has ended, its findings count again; remove it, or fix them before.',
    noValue: 'Nothing is accepted',
    labels: [
      { label: 'vulnerability', title: 'Vulnerability' },
      { label: 'package', title: 'Package' },
      { label: 'image', title: 'Image' },
      { label: 'stage', title: 'Stage', width: 120 },
    ],
    values: [
      { title: 'Ends in', query: subtract(ends, time), unit: 's', thresholds: ['red', [0, 'orange'], [14 * DAYS, 'green']], width: 120 },
    ],
    sortBy: 'Ends in',
  });
}
