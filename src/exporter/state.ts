import type { StageConfig } from '../manifest/stage-config.js';

/** What the exporter reads of one digest's scan; the evidence that scans store has all of it. */
export interface ScannedDigest {
  /** Digest per platform where the digest is an index. */
  readonly platforms: Readonly<Record<string, string>>;
  /** RFC 3339. */
  readonly scannedAt: string;
  readonly complete: boolean;
  readonly counts: Readonly<Record<FindingSeverity, { readonly fixable: number; readonly unfixable: number }>> & {
    readonly exploited: number;
  };
  /** RFC 3339. */
  readonly gateClosesAt?: string;
  /** The distribution, where its end of life has come. */
  readonly endOfLife?: string;
  readonly scanners: readonly { readonly kind: string; readonly databaseBuiltAt?: string }[];
  readonly findings: readonly ScannedFinding[];
  /** What did not fit. */
  readonly cut?: { readonly count: number };
  /** What it was built on: whether that has moved on and since when, and when it was released; both times RFC 3339. */
  readonly base?: { readonly name: string; readonly behind?: boolean; readonly behindSince?: string; readonly releasedAt?: string };
}

/** What the exporter reads of a finding; all times RFC 3339. */
export interface ScannedFinding {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly package: string;
  readonly severity: FindingSeverity;
  /** What its deadline is counted from: when its fix was released, as a rule. */
  readonly anchorAt?: string;
  /** From when on it closes the gate. */
  readonly failsAt?: string;
}

/** What the exporter reads of a repository's evidence. */
export interface ScannedRepository {
  readonly policyHash: string;
  readonly digests: Readonly<Record<string, ScannedDigest>>;
}

/** What the exporter reads of a promotion's state. */
export interface PromotionProgress {
  /** By workload, what promotion has put there. */
  readonly workloads: Readonly<Record<string, { readonly current: PromotedDigests }>>;
  /** By workload, what a run is about to put there, and what it takes back if that fails. */
  readonly intent?: { readonly from: Readonly<Record<string, PromotedDigests>>; readonly to: Readonly<Record<string, PromotedDigests>> };
  readonly step: string;
  /** RFC 3339. */
  readonly lastPromotedAt?: string;
  /** What waits to be promoted: since when it is known (RFC 3339), and for how long it has run healthily (milliseconds). */
  readonly candidate?: { readonly seenAt: string; readonly healthyMs: number };
  /** Why the stage stands still, and since when (RFC 3339). */
  readonly lastError?: { readonly at: string };
  /** Newest first; `at` is RFC 3339. */
  readonly history?: readonly {
    readonly at: string;
    readonly what: string;
    readonly from?: Readonly<Record<string, PromotedDigests>>;
    readonly to?: Readonly<Record<string, PromotedDigests>>;
  }[];
}

/** By lock reference. */
type PromotedDigests = Readonly<Record<string, { readonly digest: string }>>;

/** All that metrics are made of, at one instant. */
export interface StageState {
  readonly config: StageConfig;
  /** Epoch milliseconds. */
  readonly at: number;
  /** By the name of the ConfigMap; undefined where it holds none yet. */
  readonly evidence: ReadonlyMap<string, ScannedRepository | undefined>;
  /** Absent for a stage that nothing is promoted to, and before the first run. */
  readonly promotion?: PromotionProgress;
  /** Workload → container → the image that it names. Absent where it is not known; a missing workload is not deployed. */
  readonly running?: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** How many pods carry the label that lets them past the guard. Absent where there is no guard, and where it is not known. */
  readonly breakGlassPods?: number;
}

export type FindingSeverity = 'critical' | 'high' | 'medium' | 'low' | 'unknown';

/** From the most to the least severe. */
export const FINDING_SEVERITIES: readonly FindingSeverity[] = ['critical', 'high', 'medium', 'low', 'unknown'];

/** Every step that a promotion can be at, in the order it takes them. */
export const PROMOTION_STEPS: readonly string[] = [
  'idle',
  'frozen',
  'soaking',
  'awaitingApproval',
  'awaitingWindow',
  'rolling',
  'verifying',
  'rollingBack',
];
