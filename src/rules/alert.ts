import type { AlertName, AlertSeverity } from '../policy/alerts.js';
import type { Milliseconds } from '../policy/policy.js';
import { type Expression, type Matchers, metric } from '../promql.js';
import type { RuleTests } from './rule-test.js';
import type { StageRules } from './stage-rules.js';

export type { StageRules } from './stage-rules.js';

/** One alert. Its name is also the name of its page in `docs/runbooks`. */
export interface Alert {
  readonly alert: AlertName;
  readonly expr: Expression;
  /** How long the expression must hold before the alert fires. */
  readonly for: Milliseconds;
  /** How long it goes on firing when the expression has no answer any more. @default not at all */
  readonly keepFiringFor?: Milliseconds;
  readonly severity: AlertSeverity;
  /** More labels, which may be templates. @default none */
  readonly labels?: Readonly<Record<string, string>>;
  /** One line, for a list of alerts. */
  readonly summary: string;
  /** What is the matter, with the values that say how bad it is. */
  readonly description: string;
  /** What shows that it fires when it should, and only then; `wait` is its `for`, where a policy may have another one. */
  tests(wait: Milliseconds): RuleTests;
}

/** Makes an alert for a stage; undefined where it would mean nothing there. */
export type AlertRule = (context: StageRules) => Alert | undefined;

/** The labels that tell a stage from every other. */
export const PER_STAGE = ['policy', 'stage', 'namespace'] as const;

/** The labels that tell a workload of a stage from every other. */
export const PER_WORKLOAD = [...PER_STAGE, 'workload'] as const;

/** For how long an alert outlives a failed scrape: longer than it takes until `PatchwayMetricsAbsent` fires in its place. */
export const BRIDGE: Milliseconds = 15 * 60_000;

/** The name of the recording rule that says which workloads there are, whether or not an exporter runs. */
export const WORKLOAD_INFO = 'patchway:workload_info';

/** A metric of the exporter, of this stage only. */
export function exported({ policy, stage }: StageRules, name: string, matchers: Matchers = {}): Expression {
  return metric(name, { policy: policy.name, stage: stage.name, namespace: stage.namespace, ...matchers });
}

/** The workloads of this stage, one series each. */
export function knownWorkloads(context: StageRules): Expression {
  return exported(context, WORKLOAD_INFO);
}

/** A metric of kube-state-metrics, of this stage's namespace only. */
export function kubeState({ stage }: StageRules, name: string, matchers: Matchers = {}): Expression {
  return metric(name, { namespace: stage.namespace, ...matchers });
}
