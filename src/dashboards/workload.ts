import { AnnotationQueryBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { aggregate, compare, type Expression, type Matchers, metric, multiply, number, or } from '../promql.js';
import type { Board } from './board.js';
import { mapping, series, stat, timeline } from './panels.js';
import { deadline, fixable, images, newImages, PER_STAGE, perWorkload, released, STAGES, scanAge, timeLeft, WORKLOAD } from './queries.js';
import { SEVERITIES, SEVERITY_COLORS } from './severities.js';
import { table } from './table.js';
import { DATASOURCE, workloadVariables } from './variables.js';

const DAYS = 86_400;

/** One workload in one stage: what was found in it, how long there is to fix it, and what it ran when. */
export function workload(): Board {
  return {
    uid: 'patchway-workload',
    title: 'Patchway / Workload',
    description: 'One workload: its findings and their deadline, the images that it ran in each stage, its scans and rollouts.',
    from: 'now-7d',
    variables: workloadVariables(),
    panels: [...numbers(), findings(), gate(), history(), pods(), now()],
    annotations: [
      annotation(
        'Scans',
        'blue',
        multiply(perWorkload('patchway_scan_last_success_timestamp_seconds', WORKLOAD), number(1000)),
        'Scanned',
      ).useValueForTime(true),
      annotation('New images', 'green', newImages(WORKLOAD), 'New image {{image}}'),
      annotation('Promotions', 'purple', promotions(), 'Promotion: {{state}}'),
    ],
  };
}

function numbers() {
  const size = { width: 4, height: 4 };
  return [
    stat({
      ...size,
      unit: 's',
      thresholds: ['red', [0, 'orange'], [3 * DAYS, 'green']],
      title: 'Time left',
      description:
        'Until the first deadline of a finding passes and the gate closes; negative since it has. Without a deadline nothing needs to be fixed by a time, or the workload was never scanned: see Last scan.',
      query: timeLeft(WORKLOAD),
      noValue: 'No deadline',
    }),
    stat({
      ...size,
      unit: 'dateTimeAsIso',
      title: 'Deadline',
      description: 'When the first deadline passes or has passed.',
      query: deadline(WORKLOAD),
      noValue: 'None',
    }),
    stat({
      ...size,
      unit: 'short',
      thresholds: ['green', [1, 'red']],
      title: 'Exploited findings',
      description: 'Findings that are known to be exploited, without those that the policy accepts. It should be 0.',
      query: aggregate('sum', [], perWorkload('patchway_findings_exploited', WORKLOAD)),
    }),
    stat({
      ...size,
      unit: 'short',
      thresholds: ['green', [1, 'orange']],
      title: 'Critical or high, with a fix',
      description: 'Findings of critical or high severity for which a fix is released.',
      query: fixable(['critical', 'high'], [], WORKLOAD),
    }),
    stat({
      ...size,
      unit: 's',
      decimals: 1,
      title: 'Last scan, ago',
      description: 'How long ago all of its images were last scanned completely under the present policy.',
      query: scanAge(WORKLOAD),
      noValue: 'Never',
    }),
    stat({
      ...size,
      unit: 'short',
      mappings: mapping({ 0: { text: 'None', color: 'green' }, 1: { text: 'Drifted', color: 'orange' } }),
      title: 'Drift',
      description: 'Whether it runs an image that neither the lock nor a promotion named: then somebody changed it by hand.',
      query: perWorkload('patchway_drift', WORKLOAD),
      noValue: 'Not known',
    }),
  ];
}

function findings() {
  return series({
    width: 16,
    height: 9,
    unit: 'short',
    decimals: 0,
    stacked: true,
    title: 'Findings with a fix, by severity',
    description:
      'Findings for which a fix is released. The marks are scans, new images and promotions: a new image should bring the findings down.',
    lines: SEVERITIES.map((severity) => ({ query: fixable([severity], [], WORKLOAD), legend: severity })),
    colors: SEVERITY_COLORS,
  });
}

function gate() {
  return series({
    width: 8,
    height: 9,
    unit: 's',
    area: true,
    thresholds: ['red', [0, 'transparent']],
    title: 'Time left until the gate closes',
    description:
      'How long it was until the first deadline. Below 0, in the red, the gate is closed. No line: nothing had a deadline, or nothing was scanned.',
    lines: [{ query: timeLeft(WORKLOAD), legend: 'Time left' }],
  });
}

/** The workload of this name in every stage of its policy. */
const EVERYWHERE: Matchers = { policy: { like: '$policy' }, workload: { like: '$workload' } };

function history() {
  return timeline({
    width: 24,
    height: 7,
    unit: 'short',
    mappings: mapping({ 1: { text: 'Runs', color: 'blue' } }),
    title: 'Images through the stages',
    description:
      'When which image ran in which stage, told apart by the beginning of its digest. A fix goes from stage to stage, and the image before it ends.',
    query: images(EVERYWHERE),
    legend: '{{stage}}  {{image}}',
  });
}

function pods() {
  return series({
    width: 12,
    height: 8,
    unit: 'short',
    decimals: 0,
    title: 'Pods',
    description:
      'By kube-state-metrics: the pods that are asked for, those of the newest version, and those that serve. During a rollout those that serve should not be fewer than those asked for.',
    lines: (['Asked for', 'Newest version', 'Serving'] as const).map((legend) => ({ query: podsOf(POD_COUNTS[legend]), legend })),
  });
}

/** By kind, the metric that says how many; a workload is one of these. */
const POD_COUNTS = {
  'Asked for': { deployment: 'spec_replicas', statefulset: 'replicas', daemonset: 'status_desired_number_scheduled' },
  'Newest version': {
    deployment: 'status_replicas_updated',
    statefulset: 'status_replicas_updated',
    daemonset: 'status_updated_number_scheduled',
  },
  Serving: { deployment: 'status_replicas_available', statefulset: 'status_replicas_available', daemonset: 'status_number_available' },
} as const;

function podsOf(counts: Readonly<Record<string, string>>): Expression {
  return Object.entries(counts)
    .map(([kind, count]) => metric(`kube_${kind}_${count}`, { namespace: { like: '$namespace' }, [kind]: { like: '$workload' } }))
    .map((each) => aggregate('max', ['namespace'], each))
    .reduce((all, each) => or(all, each));
}

function now() {
  return table({
    width: 12,
    height: 8,
    unit: 'short',
    title: 'Images that run now',
    description: 'What runs in every stage of the policy, and when it was released, where the lock knows.',
    noValue: 'Not known',
    labels: [
      { label: 'stage', title: 'Stage', width: 120 },
      { label: 'repository', title: 'Repository' },
      { label: 'image', title: 'Digest', width: 130 },
    ],
    values: [{ title: 'Released', query: released(EVERYWHERE), unit: 'dateTimeAsIso', width: 180 }],
    sortBy: 'Stage',
  });
}

/** Steps at which a promotion changes what runs. */
function promotions(): Expression {
  const state = metric('patchway_promotion_state', { ...STAGES, state: { oneOf: ['rolling', 'verifying', 'rollingBack'] } });
  return compare(aggregate('max', [...PER_STAGE, 'state'], state), '==', number(1));
}

function annotation(name: string, color: string, query: Expression, text: string) {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(DATASOURCE)
    .enable(true)
    .iconColor(color)
    .expr(query.text)
    .step('60s')
    .titleFormat(text);
}
