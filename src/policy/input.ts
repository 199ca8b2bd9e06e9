import type { Duration } from './duration.js';
import type { Anchor, CountOrPercent, ScannerKind, Severity } from './policy.js';

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
}

/** How often images are scanned, and by what. */
export interface ScanInput {
  /** Five-field cron in the policy's time zone; `H` as the minute spreads by the policy's name. */
  readonly schedule: string;
  /** The scanners; their findings are joined. */
  readonly scanners: readonly ScannerInput[];
  /**
   * How many images are scanned at the same time.
   * @default 4
   */
  readonly parallelism?: number;
  /**
   * How long one image may take, fetching included.
   * @default '15m'
   */
  readonly timeout?: Duration;
  /**
   * How many finished runs are kept.
   * @default 3
   */
  readonly keep?: number;
  /**
   * Name of a Secret of type `kubernetes.io/dockerconfigjson` in the stage's namespace.
   * @default anonymous
   */
  readonly registrySecret?: string;
  /**
   * Name of a ConfigMap in the stage's namespace whose key `ca.crt` holds the registry's certificate authority.
   * @default the public authorities
   */
  readonly registryCa?: string;
}

/** One scanner of a policy. */
export interface ScannerInput {
  /** Which scanner. */
  readonly kind: ScannerKind;
  /**
   * A mirror of the vulnerability database: an OCI reference for Trivy, the URL of a listing for Grype.
   * @default the scanner's own
   */
  readonly database?: string;
  /**
   * More arguments for the scanner, after Patchway's own.
   * @default none
   */
  readonly args?: readonly string[];
  /**
   * Requests and limits of the scanner's container.
   * @default what the scanner needs for a common image
   */
  readonly resources?: ResourcesInput;
}

/** Requests and limits of a container. */
export interface ResourcesInput {
  /** What the scheduler sets aside. */
  readonly requests: QuantitiesInput;
  /** What the container never gets more of. */
  readonly limits: QuantitiesInput;
}

/** Amounts in Kubernetes' notation, such as `500m` and `1Gi`. */
export interface QuantitiesInput {
  /** Processor time: `500m` is half a core. */
  readonly cpu?: string;
  /** Memory: `1Gi`. */
  readonly memory?: string;
  /** Space on the node's disk: `4Gi`. */
  readonly 'ephemeral-storage'?: string;
}

/** How fast a finding must be fixed, and what an image must fulfil to be promoted. */
export interface GateInput {
  /** How long each severity may stay unfixed; a severity left out never closes the gate. */
  readonly deadlines: DeadlinesInput;
  /**
   * What a deadline is counted from.
   * @default 'fixReleased'
   */
  readonly anchor?: Anchor;
  /**
   * Whether a finding without a fix is reported only.
   * @default true
   */
  readonly onlyFixable?: boolean;
  /**
   * What is different for vulnerabilities that are known to be exploited.
   * @default nothing
   */
  readonly exploited?: ExploitedInput;
  /**
   * The severity that findings of unknown severity are treated as.
   * @default 'high'
   */
  readonly unknownSeverity?: Severity | 'ignore';
  /**
   * How old a scan may be to count.
   * @default '36h'
   */
  readonly maxEvidenceAge?: Duration;
  /**
   * What happens to an image without a scan that counts.
   * @default 'block'
   */
  readonly onMissingEvidence?: 'block' | 'warn';
  /**
   * Whether an image that fails the gate may go on when it only fixes, and adds no overdue finding to what runs.
   * @default true
   */
  readonly allowImprovement?: boolean;
}

/** How long a finding may stay unfixed, by severity. */
export interface DeadlinesInput {
  /**
   * For critical findings.
   * @default none, with a warning
   */
  readonly critical?: Duration;
  /**
   * For findings of high severity.
   * @default none, with a warning
   */
  readonly high?: Duration;
  /**
   * For findings of medium severity.
   * @default none, with a warning
   */
  readonly medium?: Duration;
  /**
   * For findings of low severity.
   * @default none, with a warning
   */
  readonly low?: Duration;
}

/** What is different for vulnerabilities that are known to be exploited. */
export interface ExploitedInput {
  /**
   * How long an exploited finding may stay unfixed, whatever its severity.
   * @default its severity's deadline
   */
  readonly deadline?: Duration;
  /**
   * Whether an image that fixes an exploited finding need not soak.
   * @default false
   */
  readonly skipSoak?: boolean;
  /**
   * Whether an image that fixes an exploited finding need not wait for a window.
   * @default false
   */
  readonly bypassWindows?: boolean;
}

/** How workloads are rolled. */
export interface RolloutInput {
  /**
   * How many pods may be missing during a rollout: a count, or a percentage such as `'25%'`.
   * @default 0
   */
  readonly maxUnavailable?: CountOrPercent;
  /**
   * How many pods more than wanted may run during a rollout: a count, or a percentage.
   * @default '25%'
   */
  readonly maxSurge?: CountOrPercent;
  /**
   * How long a new pod must be ready to count as available.
   * @default '10s'
   */
  readonly minReady?: Duration;
  /**
   * After how long without progress a rollout has failed.
   * @default '10m'
   */
  readonly progressDeadline?: Duration;
  /**
   * How many old versions a workload keeps.
   * @default 5
   */
  readonly revisionHistory?: number;
  /**
   * How many pods maintenance of nodes may take away at once.
   * @default { maxUnavailable: 1 }
   */
  readonly disruptionBudget?: DisruptionBudgetInput;
  /**
   * The pause before a pod is stopped, in which load balancers forget it.
   * @default '5s'
   */
  readonly drain?: Duration;
  /**
   * What pods are spread across, where there is room.
   * @default 'nodes'
   */
  readonly spread?: 'nodes' | 'zones' | 'none';
  /**
   * Whether promotion puts the old images back when a rollout fails.
   * @default true
   */
  readonly autoRollback?: boolean;
}

/** How many pods maintenance may take away at once, how many must stay, or no budget at all. */
export type DisruptionBudgetInput = { readonly maxUnavailable: CountOrPercent } | { readonly minAvailable: CountOrPercent } | 'none';

/** A time in which rollouts may start, or may not. */
export interface WindowInput {
  /** `allow`: only then; `deny`: never then, which wins. */
  readonly kind: 'allow' | 'deny';
  /** Five-field cron: when the window opens. */
  readonly schedule: string;
  /** How long it lasts. */
  readonly duration: Duration;
  /**
   * The IANA time zone of this window's schedule.
   * @default the policy's
   */
  readonly timeZone?: string;
  /**
   * How long before an allow window ends, or a deny window begins, the last rollout may start.
   * @default rollout.progressDeadline
   */
  readonly cutoff?: Duration;
}

/** An environment that images pass through. */
export interface StageInput<N extends string = string> {
  /** Names the stage in labels, alerts and object names: a DNS label of at most 30 characters. */
  readonly name: N;
  /** The Kubernetes namespace; each stage has its own. */
  readonly namespace: string;
  /**
   * The stages whose images this one takes over.
   * @default none: its images come from the lock
   */
  readonly after?: readonly NoInfer<N>[];
  /**
   * How long an image must have run healthily in the stages before.
   * @default '0s'
   */
  readonly soak?: Duration;
  /**
   * When rollouts may start in this stage.
   * @default the policy's windows
   */
  readonly windows?: readonly WindowInput[];
  /**
   * How many pods each workload has in this stage.
   * @default what the workload says
   */
  readonly replicas?: number;
}

/** How images move from stage to stage. */
export interface PromotionInput {
  /**
   * What does it: `jobs` in the cluster.
   * @default 'jobs'
   */
  readonly engine?: 'jobs';
  /**
   * When promotion looks what is due: five-field cron in the policy's time zone.
   * @default every 10 minutes
   */
  readonly schedule?: string;
}

/** Alerts and metrics. */
export interface MonitoringInput {
  /**
   * How alerts reach Prometheus: as `PrometheusRule` objects, or as a plain rules file.
   * @default 'operator'
   */
  readonly prometheus?: 'operator' | 'rules-file';
  /**
   * Whether each stage runs the small exporter that serves the metrics.
   * @default true
   */
  readonly exporter?: boolean;
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
}

/** What is remembered of past promotions. */
export interface HistoryInput {
  /**
   * How many promotions are remembered in each stage.
   * @default 200
   */
  readonly keep?: number;
}
