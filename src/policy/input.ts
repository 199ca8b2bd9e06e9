import type { AlertName, RulesFormat } from './alerts.js';
import type { Duration } from './duration.js';
import type { ExceptionInput } from './exception-input.js';
import type { GateInput } from './gate-input.js';
import type { Exposure } from './policy.js';
import type { PromotionInput } from './promotion-input.js';
import type { RolloutInput } from './rollout-input.js';
import type { ScanInput } from './scan-input.js';
import type { CheckSeverities } from './synthesis-checks.js';
import type { VerificationInput } from './verify-input.js';
import type { WindowInput } from './window-input.js';

export type { ExceptionInput } from './exception-input.js';
export type { DeadlinesInput, EpssInput, ExploitedInput, GateInput } from './gate-input.js';
export type { PromotionInput, SignaturesInput } from './promotion-input.js';
export type { DisruptionBudgetInput, RolloutInput } from './rollout-input.js';
export type { QuantitiesInput, ResourcesInput, ScanInput, ScannerInput } from './scan-input.js';
export type {
  Condition,
  HttpVerificationInput,
  JobVerificationInput,
  PrometheusVerificationInput,
  VerificationInput,
} from './verify-input.js';
export type { DatedWindowInput, RecurringWindowInput, WindowInput } from './window-input.js';

/** A patch policy as a team writes it, in TypeScript, YAML or JSON. */
export interface PolicyInput<N extends string = string> {
  /** Names the policy in labels, alerts and object names: a DNS label of at most 30 characters. */
  readonly name: string;
  /**
   * The IANA time zone of all schedules and windows, such as `Europe/Berlin`.
   * @default 'UTC'
   */
  readonly timeZone?: string;
  /** How often images are scanned, and by what. */
  readonly scan: ScanInput;
  /** How fast a finding must be fixed, and what an image must fulfil to be promoted. */
  readonly gate: GateInput;
  /**
   * Findings that are accepted for a time.
   * @default none
   */
  readonly exceptions?: readonly ExceptionInput<N>[];
  /**
   * How workloads are rolled.
   * @default rolling, with nothing unavailable and a quarter more pods meanwhile
   */
  readonly rollout?: RolloutInput;
  /**
   * When rollouts may start, for every stage that names no windows of its own.
   * @default always
   */
  readonly windows?: readonly WindowInput[];
  /** The environments that images pass through. */
  readonly stages: readonly StageInput<N>[];
  /**
   * How images move from stage to stage.
   * @default jobs in the cluster, every ten minutes
   */
  readonly promotion?: PromotionInput;
  /**
   * Alerts and metrics.
   * @default PrometheusRule objects and an exporter in each stage
   */
  readonly monitoring?: MonitoringInput;
  /**
   * What is remembered of past promotions.
   * @default the last 200
   */
  readonly history?: HistoryInput;
  /**
   * The severity of each check that workloads undergo at synthesis, by the check's name.
   * @default each check's own
   * @see docs/checks.md
   */
  readonly checks?: CheckSeverities;
}

/** An environment that images pass through. */
export interface StageInput<N extends string = string> {
  /** Names the stage in labels, alerts and object names: a DNS label of at most 30 characters. */
  readonly name: N;
  /** The Kubernetes namespace; each stage of a cluster has its own. */
  readonly namespace: string;
  /**
   * The stage's cluster, as a context of kubectl's configuration. Stages that come after one another may be in different
   * clusters with a forge as `promotion.engine`.
   * @default the current context
   */
  readonly cluster?: string;
  /**
   * The stages whose images this one takes over: all of them, or as `{ oneOf: [...] }` any one of them.
   * @default none: its images come from the lock
   */
  readonly after?: readonly NoInfer<N>[] | { readonly oneOf: readonly NoInfer<N>[] };
  /**
   * How long an image must have run healthily in the stages before.
   * @default '0s'
   */
  readonly soak?: Duration;
  /**
   * What becomes of an image that waits when the stages before move on to a newer one: it waits on (`hold`), or the newer one
   * takes its place and waits from the beginning (`restart`).
   * @default 'hold'
   */
  readonly soakOnNewer?: 'hold' | 'restart';
  /**
   * Whether a person has to say yes to each image (`patchway approve`).
   * @default 'none'
   */
  readonly approval?: 'none' | 'manual';
  /**
   * When rollouts may start in this stage.
   * @default the policy's windows
   */
  readonly windows?: readonly WindowInput[];
  /**
   * Whether what runs in this stage can be reached from the internet. An image is judged for every stage it may go on to.
   * @default gate.exposure
   */
  readonly exposure?: Exposure;
  /**
   * How it is seen that a new version works in this stage.
   * @default by its pods' readiness alone
   */
  readonly verify?: readonly VerificationInput[];
  /**
   * How many pods each workload has in this stage.
   * @default what the workload says
   */
  readonly replicas?: number;
}

/** Alerts and metrics. */
export interface MonitoringInput {
  /**
   * How alerts reach Prometheus: as `PrometheusRule` objects, or as a rules file for Prometheus, Mimir's ruler or Thanos' ruler.
   * @default 'operator'
   */
  readonly prometheus?: RulesFormat;
  /**
   * Whether each stage runs the small exporter that serves the metrics.
   * @default true
   */
  readonly exporter?: boolean;
  /**
   * How Grafana gets the dashboards: `'sidecar'` (or `true`), in ConfigMaps that the sidecar of its charts looks for;
   * `'operator'`, as `GrafanaDashboard` objects; `'files'`, as JSON.
   * @default true where there is an exporter
   */
  readonly dashboards?: boolean | 'sidecar' | 'operator' | 'files';
  /**
   * Where runbooks are: `<runbookUrl>/<alert name>.md`.
   * @default Patchway's own runbooks
   */
  readonly runbookUrl?: string;
  /**
   * Labels added to every alert.
   * @default none
   */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * What the label `severity` says instead of `critical`, `warning` and `info`.
   * @default those words
   */
  readonly severities?: SeveritiesInput;
  /**
   * Alerts that are not written, by name.
   * @default none
   */
  readonly disable?: readonly AlertName[];
  /**
   * What is different about single alerts, by name.
   * @default nothing
   */
  readonly override?: AlertOverrides;
}

/** What the label `severity` of alerts says. */
export interface SeveritiesInput {
  /**
   * Somebody is to act at once.
   * @default 'critical'
   */
  readonly critical?: string;
  /**
   * Somebody is to act on a working day.
   * @default 'warning'
   */
  readonly warning?: string;
  /**
   * Good to know.
   * @default 'info'
   */
  readonly info?: string;
}

/** What is different about single alerts, by name. */
export type AlertOverrides = { readonly [N in AlertName]?: AlertOverrideInput };

/** What is different about one alert. */
export interface AlertOverrideInput {
  /**
   * Its label `severity`, as it stands.
   * @default the alert's own, by `monitoring.severities`
   */
  readonly severity?: string;
  /**
   * How long its condition must hold before it fires.
   * @default the alert's own
   */
  readonly for?: Duration;
  /**
   * More labels, before those of `monitoring.labels`.
   * @default none
   */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * One line, a template as Prometheus has them.
   * @default the alert's own
   */
  readonly summary?: string;
  /**
   * What is the matter, a template as Prometheus has them.
   * @default the alert's own
   */
  readonly description?: string;
  /**
   * The address of its runbook.
   * @default '<runbookUrl>/<alert name>.md'
   */
  readonly runbookUrl?: string;
}

/** What is remembered of past promotions. */
export interface HistoryInput {
  /**
   * How many promotions are remembered in each stage.
   * @default 200
   */
  readonly keep?: number;
}
