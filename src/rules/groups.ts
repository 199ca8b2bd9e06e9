import type { AlertName } from '../policy/alerts.js';
import { hasPromotion } from '../policy/has-promotion.js';
import type { PolicyDocument } from '../policy/policy.js';
import { promDuration, vector } from '../promql.js';
import { type Alert, type StageRules, WORKLOAD_INFO } from './alert.js';
import { levelRecords } from './levels.js';
import type { AlertingRule, RecordingRule, RuleGroup } from './rule.js';
import { TOPICS } from './topics.js';

export type { AlertingRule, RecordingRule, RuleGroup } from './rule.js';

/** All rules of one stage, by topic. There are none for a stage without workloads. */
export function stageGroups(context: StageRules): readonly RuleGroup[] {
  if (context.workloads.length === 0) return [];
  const measured = context.policy.monitoring.exporter && hasPromotion(context.policy, context.stage);
  const levels = measured ? [{ topic: 'levels', rules: levelRecords(context) }] : [];
  const topics = stageAlerts(context).map(({ topic, alerts }) => ({ topic, rules: alerts.map((alert) => alertingRule(context, alert)) }));
  return [{ topic: 'workloads', rules: workloadRules(context) }, ...levels, ...topics].map(({ topic, rules }) => ({
    name: groupName(context, topic),
    ...(context.policy.monitoring.prometheus === 'thanos' ? { partial_response_strategy: 'abort' } : {}),
    rules,
  }));
}

/** The alerts of one stage, as the policy wants them; topics without any are left out. */
export function stageAlerts(context: StageRules): readonly { readonly topic: string; readonly alerts: readonly Alert[] }[] {
  const { disable = [], override = {} } = context.policy.monitoring;
  return Object.entries(TOPICS)
    .map(([topic, rules]) => ({
      topic,
      alerts: rules
        .map((rule) => rule(context))
        .filter((alert) => alert !== undefined)
        .filter(({ alert }) => !disable.includes(alert))
        .map((alert) => ({ ...alert, for: override[alert.alert]?.for ?? alert.for })),
    }))
    .filter(({ alerts }) => alerts.length > 0);
}

function groupName({ policy, stage }: StageRules, topic: string): string {
  return `patchway-${policy.name}-${stage.name}-${topic}`;
}

function workloadRules({ policy, stage, workloads }: StageRules): readonly RecordingRule[] {
  return workloads.map(({ name }) => ({
    record: WORKLOAD_INFO,
    expr: vector(1).text,
    labels: { policy: policy.name, stage: stage.name, namespace: stage.namespace, workload: name },
  }));
}

function alertingRule({ policy, stage }: StageRules, alert: Alert): AlertingRule {
  const { monitoring } = policy;
  const different = monitoring.override?.[alert.alert] ?? {};
  return {
    alert: alert.alert,
    expr: alert.expr.text,
    ...(alert.for === 0 ? {} : { for: promDuration(alert.for) }),
    ...(alert.keepFiringFor === undefined ? {} : { keep_firing_for: promDuration(alert.keepFiringFor) }),
    labels: {
      ...monitoring.labels,
      ...different.labels,
      ...alert.labels,
      severity: different.severity ?? monitoring.severities?.[alert.severity] ?? alert.severity,
      policy: policy.name,
      stage: stage.name,
      namespace: stage.namespace,
    },
    annotations: {
      summary: different.summary ?? alert.summary,
      description: different.description ?? alert.description,
      runbook_url: different.runbookUrl ?? runbookOf(monitoring, alert.alert),
    },
  };
}

function runbookOf({ runbookUrl }: PolicyDocument['monitoring'], alert: AlertName): string {
  return `${runbookUrl.replace(/\/+$/, '')}/${alert}.md`;
}
