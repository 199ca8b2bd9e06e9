import { aggregate, divide, type Expression, metric, number, subtract, time } from '../promql.js';
import type { Board } from './board.js';
import { bars, mapping, series, stat, timeline } from './panels.js';
import { countOf, overdue, PER_STAGE, perStage, perWorkload, STAGES } from './queries.js';
import { STEPS, step } from './steps.js';
import { table } from './table.js';
import { stageVariables } from './variables.js';

/** How changes go through the stages: what each waits for, and when it may go on. */
export function promotion(): Board {
  return {
    uid: 'patchway-promotion',
    title: 'Patchway / Promotion',
    description:
      'How images go from stage to stage: at which step each stage is, how long its candidate has soaked, and when rollouts may start.',
    from: 'now-7d',
    variables: stageVariables(),
    panels: [...numbers(), stages(), steps(), windows(), soak(), missingPods(), closedGates()],
  };
}

const STEP_TEXTS = mapping(Object.fromEntries(STEPS.map(({ text, color }, index) => [index + 1, { text, color }])));
const WINDOW_TEXTS = mapping({ 0: { text: 'Closed', color: 'dark-blue' }, 1: { text: 'Open', color: 'green' } });

function numbers() {
  const size = { width: 6, height: 4, unit: 'short' } as const;
  return [
    stat({
      ...size,
      thresholds: ['text', [1, 'blue']],
      title: 'Stages with a candidate',
      description: 'Stages that an image waits for: it soaks, waits for a window, or is being rolled out.',
      query: aggregate('sum', [], subtract(number(1), perState('idle'))),
    }),
    stat({
      ...size,
      thresholds: ['green', [1, 'red']],
      title: 'Rolling back',
      description: 'Stages in which a promotion failed and the image before is put back. It should be 0.',
      query: aggregate('sum', [], perState('rollingBack')),
    }),
    stat({
      ...size,
      thresholds: ['text', [1, 'green']],
      title: 'Open windows',
      description: 'Stages in which a rollout may start now.',
      query: aggregate('sum', [], perStage('patchway_window_open')),
    }),
    stat({
      ...size,
      thresholds: ['green', [1, 'orange']],
      title: 'Pods past the guard',
      description: 'Pods that run with the label that lets any image in. It should be 0 but for emergencies.',
      query: aggregate('sum', [], perStage('patchway_break_glass_pods')),
      noValue: 'No guard',
    }),
  ];
}

function stages() {
  return table({
    width: 24,
    height: 6,
    unit: 'short',
    title: 'Stages',
    description:
      'Each stage now. A candidate is what waits to be promoted: it must have run healthily in the stages before for as long as the soak, and then waits for a window. A stage that nothing is promoted to has no step.',
    noValue: '–',
    labels: [
      { label: 'stage', title: 'Stage' },
      { label: 'namespace', title: 'Namespace' },
      { label: 'policy', title: 'Policy' },
    ],
    values: [
      { title: 'Step', query: step(), mappings: STEP_TEXTS, width: 140 },
      { title: 'Candidate for', query: since('patchway_promotion_candidate_timestamp_seconds'), unit: 's', width: 110 },
      { title: 'Soaked', query: perStage(SOAKED), unit: 's', width: 90 },
      { title: 'Must soak', query: perStage(SOAK), unit: 's', width: 90 },
      { title: 'Window', query: perStage('patchway_window_open'), mappings: WINDOW_TEXTS, width: 80 },
      { title: 'Window changes in', query: subtract(perStage('patchway_window_changes_timestamp_seconds'), time), unit: 's', width: 140 },
      { title: 'Promoted, ago', query: since('patchway_promotion_last_success_timestamp_seconds'), unit: 's', width: 120 },
      { title: 'Blocked for', query: since('patchway_promotion_blocked_timestamp_seconds'), unit: 's', thresholds: ['red'], width: 100 },
      {
        title: 'Drifted',
        query: aggregate('sum', PER_STAGE, perWorkload('patchway_drift')),
        thresholds: ['text', [1, 'orange']],
        width: 80,
      },
    ],
    sortBy: 'Stage',
  });
}

function steps() {
  return timeline({
    width: 24,
    height: 6,
    unit: 'short',
    mappings: STEP_TEXTS,
    title: 'Steps over time',
    description:
      'At which step the promotion to each stage was. Long blue is soaking, long yellow waiting for a window, and red a promotion that failed.',
    query: step(),
    legend: '{{policy}} {{stage}}',
  });
}

function windows() {
  return timeline({
    width: 12,
    height: 6,
    unit: 'short',
    mappings: WINDOW_TEXTS,
    title: 'When rollouts could start',
    description:
      'The windows of each stage as they were. When the present state changes stands in the table above; patchway explain lists the windows ahead.',
    query: perStage('patchway_window_open'),
    legend: '{{policy}} {{stage}}',
  });
}

function soak() {
  return bars({
    width: 12,
    height: 6,
    unit: 'percentunit',
    max: 1,
    thresholds: ['blue', [1, 'green']],
    title: 'Soak of the candidates',
    description:
      'For what part of the soak each stage’s candidate has run healthily in the stages before. Full: it waits for something else. None: there is no candidate, or no soak.',
    lines: [{ query: divide(perStage(SOAKED), perStage(SOAK)), legend: '{{policy}} {{stage}}' }],
  });
}

function missingPods() {
  return series({
    width: 12,
    height: 8,
    unit: 'short',
    decimals: 0,
    title: 'Pods that do not serve',
    description:
      'By kube-state-metrics: how many pods of Deployments are unavailable in the stages’ namespaces. A rollout should not raise it for long.',
    lines: [
      {
        query: aggregate(
          'sum',
          ['namespace'],
          metric('kube_deployment_status_replicas_unavailable', { namespace: { like: '$namespace' } }),
        ),
        legend: '{{namespace}}',
      },
    ],
  });
}

function closedGates() {
  return series({
    width: 12,
    height: 8,
    unit: 'short',
    decimals: 0,
    title: 'Workloads with a closed gate',
    description: 'Workloads whose running image is overdue. While a stage before has some, it is usually a promotion that they wait for.',
    lines: [{ query: countOf(overdue(), ['policy', 'stage']), legend: '{{policy}} {{stage}}' }],
  });
}

const SOAKED = 'patchway_promotion_soaked_seconds';
const SOAK = 'patchway_promotion_soak_seconds';

/** How long ago that was, in seconds. */
function since(instant: string): Expression {
  return subtract(time, perStage(instant));
}

function perState(state: string): Expression {
  return perStage('patchway_promotion_state', { ...STAGES, state });
}
