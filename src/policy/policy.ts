import type { Problem } from '../problem.js';
import type { AlertName, AlertSeverity, RulesFormat } from './alerts.js';
import type { EngineName } from './engines.js';
import type { CheckSeverities } from './synthesis-checks.js';

/** A length of time as resolved: whole milliseconds. */
export type Milliseconds = number;

/** Kubernetes' IntOrString: a count, or a percentage such as `'25%'`. */
export type CountOrPercent = number | `${number}%`;

export type Severity = 'critical' | 'high' | 'medium' | 'low';
/** From the most to the least severe. */
export const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low'];

/** What a deadline is counted from. */
export type Anchor = 'fixReleased' | 'detected' | 'published' | 'kevAdded';

export interface Resources {
  readonly requests: { readonly cpu?: string; readonly memory?: string; readonly 'ephemeral-storage'?: string };
  readonly limits: { readonly cpu?: string; readonly memory?: string; readonly 'ephemeral-storage'?: string };
}

export type ScannerKind = 'trivy' | 'grype' | 'clair';

export interface Scanner {
  readonly kind: ScannerKind;
  /** A mirror of the vulnerability database: an OCI reference for Trivy, the URL of a listing for Grype. */
  readonly database?: string;
  /** The URL of the server that does the work; Clair's only, and always there. */
  readonly server?: string;
  /** More arguments for the scanner, after Patchway's own. */
  readonly args: readonly string[];
  readonly resources?: Resources;
}

export interface ScanPolicy {
  /** Five-field cron in the policy's time zone, `H` already resolved. */
  readonly schedule: string;
  readonly scanners: readonly Scanner[];
  /** How many images are scanned at the same time. */
  readonly parallelism: number;
  /** How long one image may take, fetching included. */
  readonly timeout: Milliseconds;
  /** How many finished runs are kept. */
  readonly keep: number;
  /** Name of a PersistentVolumeClaim in the stage's namespace that keeps the vulnerability databases. */
  readonly cache?: string;
  /** Whether each image's SBOM is kept; absent: it is not. */
  readonly sbom?: true;
  /** Name of a Secret of type `kubernetes.io/dockerconfigjson` in the stage's namespace. */
  readonly registrySecret?: string;
  /** Name of a ConfigMap in the stage's namespace whose key `ca.crt` holds the registry's certificate authority. */
  readonly registryCa?: string;
}

/** Whether what runs can be reached from the internet. */
export type Exposure = 'internet' | 'internal';

/** A framework whose figures are known. */
export type PresetName =
  | 'bod26-04'
  | 'fedramp-vdr-a'
  | 'fedramp-vdr-b'
  | 'fedramp-vdr-c'
  | 'fedramp-vdr-d'
  | 'fedramp-rev5'
  | 'pci-4.0.1'
  | 'cyber-essentials';

/** What must be so of a finding for a row to hold. */
export interface PresetConditions {
  readonly exploited?: true;
  /** What it is in can be reached from the internet. */
  readonly exposed?: true;
  /** An exploit needs nobody's help. */
  readonly automatable?: true;
  /** An exploit gains everything. */
  readonly total?: true;
  /** An exploit is likely. */
  readonly exploitable?: true;
  readonly severity?: Severity;
  /** The least CVSS score. */
  readonly cvss?: number;
}

/** One row of a framework's table. */
export interface PresetRow {
  readonly when: PresetConditions;
  /** Absent: no deadline. */
  readonly deadline?: Milliseconds;
  /** What the framework says beside it. */
  readonly note?: string;
}

export interface GatePolicy {
  /** A framework's table, the first row that holds counts: of exploited ones unless `exploited.deadline`, of others unless `deadlines` names the severity. */
  readonly preset?: { readonly name: PresetName; readonly rows: readonly PresetRow[] };
  readonly deadlines: { readonly [S in Severity]?: Milliseconds };
  readonly anchor: Anchor;
  readonly onlyFixable: boolean;
  readonly exploited?: { readonly deadline?: Milliseconds; readonly skipSoak: boolean; readonly bypassWindows: boolean };
  /** For findings whose probability of exploitation (EPSS, 0 to 1) is above a value. */
  readonly epss?: { readonly above: number; readonly deadline: Milliseconds };
  /** Absent: not known, which counts as `internet`. A stage's own counts before it: see `gateOf`. */
  readonly exposure?: Exposure;
  /** The time zone to whose end of day a deadline is extended; absent: it ends at its instant. */
  readonly endOfDayIn?: string;
  /** What an image is whose distribution's end of life has come. */
  readonly endOfLife: 'warn' | 'block' | 'ignore';
  readonly unknownSeverity: Severity | 'ignore';
  readonly maxEvidenceAge: Milliseconds;
  readonly onMissingEvidence: 'block' | 'warn';
  readonly allowImprovement: boolean;
}

/** A finding that is accepted until an instant. */
export interface PolicyException {
  readonly vulnerability: string;
  /** The source package; absent: every package. */
  readonly package?: string;
  /** The full repository, with `@sha256:…` where it is about one image; absent: every image. */
  readonly image?: string;
  /** Absent: every stage. */
  readonly stage?: string;
  readonly reason: string;
  readonly approvedBy: string;
  /** RFC 3339 in UTC: from then on it counts no more. */
  readonly expires: string;
}

export interface RolloutPolicy {
  readonly strategy: 'rolling' | 'canary' | 'blueGreen';
  readonly maxUnavailable: CountOrPercent;
  readonly maxSurge: CountOrPercent;
  readonly minReady: Milliseconds;
  readonly progressDeadline: Milliseconds;
  readonly revisionHistory: number;
  readonly disruptionBudget: { readonly maxUnavailable: CountOrPercent } | { readonly minAvailable: CountOrPercent } | 'none';
  /** The pre-stop pause that lets load balancers forget a pod before it ends. */
  readonly drain: Milliseconds;
  readonly spread: 'nodes' | 'zones' | 'none';
  readonly autoRollback: AutoRollback;
  /** What a workload sets on purpose against the policy is an error; absent: the stricter of the two holds. */
  readonly onConflict?: 'fail';
}

/** `'watch'`: also of rollouts that somebody else began. */
export type AutoRollback = boolean | 'watch';

/** A time in which rollouts may start, or may not. */
export type Window = RecurringWindow | DatedWindow;

export interface RecurringWindow {
  readonly kind: 'allow' | 'deny';
  /** Five-field cron: when the window starts. */
  readonly schedule: string;
  readonly duration: Milliseconds;
  readonly timeZone: string;
  /** No rollout starts in the last `cutoff` of an allow window, or before a deny window. */
  readonly cutoff: Milliseconds;
}

/** A window that opens once; with `deny` a freeze. */
export interface DatedWindow {
  readonly kind: 'allow' | 'deny';
  /** RFC 3339. */
  readonly from: string;
  /** RFC 3339: up to, not including. */
  readonly to: string;
  readonly cutoff: Milliseconds;
}

/** How a measured number is compared with one. */
export type Comparison = '<' | '<=' | '==' | '!=' | '>=' | '>';

/** How it is seen that a new version works. */
export type Verification =
  | { readonly kind: 'http'; readonly url: string; readonly status: number; readonly body?: string }
  | {
      readonly kind: 'prometheus';
      readonly server: string;
      readonly query: string;
      readonly holds: { readonly comparison: Comparison; readonly value: number };
      readonly for: Milliseconds;
    }
  /** The spec of its pod. */
  | { readonly kind: 'job'; readonly pod: Readonly<Record<string, unknown>> };

export interface Stage<S extends string = string> {
  readonly name: S;
  readonly namespace: string;
  /** The context of kubectl's configuration; absent: the current one. */
  readonly cluster?: string;
  /** The stages whose images this one takes over; empty: its images come from the lock. */
  readonly after: readonly S[];
  /** Images come from any one of them. Absent: all of them have to agree. */
  readonly oneOf?: true;
  readonly soak: Milliseconds;
  /** A newer image takes the place of one that waits. Absent: that one is held. */
  readonly soakOnNewer?: 'restart';
  /** Absent: nobody has to approve. */
  readonly approval?: 'manual';
  /** This stage's windows: its own where it names some, else the policy's. Empty: always open. */
  readonly windows: readonly Window[];
  /** Absent: its pods' readiness alone counts. */
  readonly verify?: readonly Verification[];
  readonly replicas?: number;
  /** Its own, else the gate's; absent: not known. */
  readonly exposure?: Exposure;
}

export interface PromotionPolicy {
  readonly engine: EngineName;
  readonly schedule: string;
  /** Absent: the API server admits only pods whose images are known. */
  readonly guard?: false;
  /** Absent: signatures are not looked at. */
  readonly signatures?: SignaturePolicy;
}

/** By which key images must be signed. */
export interface SignaturePolicy {
  /** PEM. */
  readonly publicKey: string;
  /** In full, or the beginning and an asterisk; absent: all but those of Patchway's own tools. */
  readonly repositories?: readonly string[];
  /** What verifies them again when pods are made; absent: nothing. */
  readonly admission?: 'kyverno';
}

export type DashboardDelivery = 'sidecar' | 'operator' | 'files';

export interface MonitoringPolicy {
  readonly prometheus: RulesFormat;
  readonly exporter: boolean;
  /** How Grafana gets the dashboards; absent: by its sidecar where there is an exporter, else not at all. */
  readonly dashboards?: DashboardDelivery | false;
  /** Where runbooks are: `<runbookUrl>/<alert name>.md`. */
  readonly runbookUrl: string;
  /** Labels added to every alert. */
  readonly labels: Readonly<Record<string, string>>;
  /** What the label `severity` says; absent: those words themselves. */
  readonly severities?: { readonly [S in AlertSeverity]?: string };
  /** Alerts that are not written; absent: none. */
  readonly disable?: readonly AlertName[];
  /** What is different about single alerts; absent: nothing. */
  readonly override?: { readonly [N in AlertName]?: AlertOverride };
}

/** What is different about one alert. */
export interface AlertOverride {
  readonly severity?: string;
  readonly for?: Milliseconds;
  readonly labels?: Readonly<Record<string, string>>;
  readonly summary?: string;
  readonly description?: string;
  readonly runbookUrl?: string;
}

/** A policy as data: every default filled in, durations in milliseconds. This is what the agent reads as JSON. */
export interface PolicyDocument<S extends string = string> {
  readonly name: string;
  readonly timeZone: string;
  readonly scan: ScanPolicy;
  readonly gate: GatePolicy;
  /** Absent: none. They are no part of `hash`: they are applied whenever evidence is read. */
  readonly exceptions?: readonly PolicyException[];
  readonly rollout: RolloutPolicy;
  readonly windows: readonly Window[];
  readonly stages: readonly Stage<S>[];
  readonly promotion: PromotionPolicy;
  readonly monitoring: MonitoringPolicy;
  readonly history: { readonly keep: number };
  /** By the name of a check; absent: each check's own severity. */
  readonly checks?: CheckSeverities;
  /** A hash of all that a verdict depends on: evidence made under another one does not count. */
  readonly hash: string;
}

export const POLICY: unique symbol = Symbol.for('patchway.policy') as never;

/** A parsed policy: its document, what was found questionable in it, and its stages by name. */
export interface Policy<S extends string = string> extends PolicyDocument<S> {
  readonly [POLICY]: true;
  readonly warnings: readonly Problem[];
  /** The stage of this name. A method, so that a policy with known stage names is also a `Policy<string>`. */
  stage(name: S): Stage<S>;
}
