import { aggregate, metric, promDuration } from '../promql.js';
import type { Alert, StageRules } from './alert.js';
import { stageAlerts, stageGroups } from './groups.js';
import { LEVELS, levelSeries } from './levels.js';
import { type InputSeries, type RuleCase, STRANGER } from './rule-test.js';

/** One file for promtool, as data. */
export interface RuleTestFile {
  readonly name: string;
  /** What is in it. */
  readonly about: string;
  readonly content: object;
}

/**
 * Unit tests for `promtool test rules`, one file for each alert of a stage, with the policy's own limits: each shows that
 * the alert fires, stays silent and ends. The rules themselves are beside them.
 */
export function ruleTestFiles(context: StageRules): readonly RuleTestFile[] {
  const groups = stageGroups(context);
  if (groups.length === 0) return [];
  const rules = `${context.stage.name}.rules.yaml`;
  const order = groups.map(({ name }) => name);
  return [
    {
      name: rules,
      about: `the rules of stage ${context.stage.name}, for the tests beside it`,
      content: { groups: groups.map(({ name, rules: all }) => ({ name, rules: all })) },
    },
    ...(order.some((name) => name.endsWith('-levels')) ? [levelTests(context, rules, order)] : []),
    ...stageAlerts(context).flatMap(({ alerts }) =>
      alerts.map((alert) => ({
        name: `${context.stage.name}.${alert.alert}.test.yaml`,
        about: `when ${alert.alert} fires, stays silent and ends`,
        content: ruleTest(context, alert, rules, order),
      })),
    ),
  ];
}

/** What the recording rules make of deadlines and latencies. */
function levelTests(context: StageRules, rules: string, order: readonly string[]): RuleTestFile {
  const { policy, stage } = context;
  return {
    name: `${stage.name}.levels.test.yaml`,
    about: 'the service levels',
    content: {
      rule_files: [rules],
      evaluation_interval: '1m',
      group_eval_order: order,
      tests: [
        {
          name: 'service levels',
          interval: '1m',
          input_series: levelSeries(context).map(({ name, labels, values }) => ({ series: metric(name, labels).text, values })),
          promql_expr_test: LEVELS.map(({ record, labels, value }) => ({
            expr: metric(record, { policy: policy.name, stage: stage.name }).text,
            eval_time: '5m',
            exp_samples: [
              {
                labels: metric(record, { policy: policy.name, stage: stage.name, namespace: stage.namespace, ...labels }).text,
                value,
              },
            ],
          })),
        },
      ],
    },
  };
}

/** The unit tests of one alert, on a file of rules. */
export function ruleTest(context: StageRules, alert: Alert, rules: string, order: readonly string[]): object {
  const { step, cases } = alert.tests(alert.for);
  const interval = promDuration(step);
  return {
    rule_files: [rules],
    evaluation_interval: interval,
    group_eval_order: order,
    tests: cases.map((each) => ({
      name: `${alert.alert}: ${each.title}`,
      interval,
      input_series: each.series.map(({ name, labels, values }) => ({ series: metric(name, labels).text, values })),
      promql_expr_test: each.at.map(([at, firing]) => ({
        expr: firingOf(context, alert, cases),
        eval_time: promDuration(at * step),
        exp_samples: firing.map((workload) => ({ labels: labelsOf(workload), value: 1 })),
      })),
    })),
  };
}

/** Which of the workloads that a test is about the alert fires for, whatever other labels it has. */
function firingOf({ policy, stage }: StageRules, { alert }: Alert, cases: readonly RuleCase[]): string {
  const named = cases.flatMap(({ series, at }) => [...series.map(workloadOf), ...at.flatMap(([, firing]) => firing)]);
  const oneOf = [...new Set(['', STRANGER, ...named.filter((name) => name !== undefined)])];
  const own = { policy: policy.name, stage: stage.name, namespace: stage.namespace, workload: { oneOf } };
  const firing = metric('ALERTS', { alertname: alert, alertstate: 'firing', ...own });
  return aggregate('max', ['workload'], firing).text;
}

function workloadOf({ labels }: InputSeries): string | undefined {
  return labels.workload;
}

function labelsOf(workload: string): string {
  return workload === '' ? '{}' : `{workload=${JSON.stringify(workload)}}`;
}
