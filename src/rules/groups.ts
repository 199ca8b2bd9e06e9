import { promDuration, vector } from '../promql.js';
import { type Alert, type StageRules, WORKLOAD_INFO } from './alert.js';
import { baseBehind } from './alerts/base-behind.js';
import { breakGlass } from './alerts/break-glass.js';
import { exploitedFindingOpen } from './alerts/exploited-finding-open.js';
import { findingOverdue } from './alerts/finding-overdue.js';
import { metricsAbsent } from './alerts/metrics-absent.js';
import { rolloutStuck } from './alerts/rollout-stuck.js';
import { scanFailing } from './alerts/scan-failing.js';
import { scanMissing } from './alerts/scan-missing.js';
import { workloadBelowBudget } from './alerts/workload-below-budget.js';

type Labels = Readonly<Record<string, string>>;

export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
  readonly labels: Labels;
}

export interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  /** @default at once */
  readonly for?: string;
  readonly keep_firing_for?: string;
  readonly labels: Labels;
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook_url: string };
}

/** A group as rule files have it; its name is unique to the policy and stage. */
export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly (RecordingRule | AlertingRule)[];
}

/** All rules of one stage, by topic. There are none for a stage without workloads. */
export function stageGroups(context: StageRules): readonly RuleGroup[] {
  const { policy, stage, workloads } = context;
  if (workloads.length === 0) return [];
  const group = (topic: string, rules: RuleGroup['rules']): RuleGroup => ({
    name: `patchway-${policy.name}-${stage.name}-${topic}`,
    rules,
  });
  return [
    group('workloads', workloadRules(context)),
    ...Object.entries(alertsByTopic(context))
      .filter(([, alerts]) => alerts.length > 0)
      .map(([topic, alerts]) =>
        group(
          topic,
          alerts.map((alert) => alertingRule(context, alert)),
        ),
      ),
  ];
}

/** Without an exporter there are only the alerts that kube-state-metrics answers: the others would always or never fire. */
function alertsByTopic(context: StageRules): Readonly<Record<string, readonly Alert[]>> {
  const { monitoring, promotion, rollout } = context.policy;
  return {
    scans: monitoring.exporter ? [scanMissing(context), scanFailing(context), metricsAbsent(context)] : [scanFailing(context)],
    findings: monitoring.exporter ? [findingOverdue(context), exploitedFindingOpen(context), baseBehind(context)] : [],
    guard: monitoring.exporter && promotion.guard !== false ? [breakGlass(context)] : [],
    rollouts: [rolloutStuck(context), ...(rollout.disruptionBudget === 'none' ? [] : [workloadBelowBudget(context)])],
  };
}

function workloadRules({ policy, stage, workloads }: StageRules): readonly RecordingRule[] {
  return workloads.map(({ name }) => ({
    record: WORKLOAD_INFO,
    expr: vector(1).text,
    labels: { policy: policy.name, stage: stage.name, namespace: stage.namespace, workload: name },
  }));
}

function alertingRule({ policy, stage }: StageRules, alert: Alert): AlertingRule {
  return {
    alert: alert.alert,
    expr: alert.expr.text,
    ...(alert.for === 0 ? {} : { for: promDuration(alert.for) }),
    ...(alert.keepFiringFor === undefined ? {} : { keep_firing_for: promDuration(alert.keepFiringFor) }),
    labels: {
      ...policy.monitoring.labels,
      ...alert.labels,
      severity: alert.severity,
      policy: policy.name,
      stage: stage.name,
      namespace: stage.namespace,
    },
    annotations: {
      summary: alert.summary,
      description: alert.description,
      runbook_url: `${policy.monitoring.runbookUrl.replace(/\/+$/, '')}/${alert.alert}.md`,
    },
  };
}
