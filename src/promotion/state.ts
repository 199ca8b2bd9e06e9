/** An image as promotion moves it. */
export interface PromotedImage {
  readonly tag: string;
  readonly digest: string;
}

/** By reference, as the lock writes it normalised. */
export type ImageSet = Readonly<Record<string, PromotedImage>>;

export type PromotionStep = 'idle' | 'frozen' | 'soaking' | 'awaitingApproval' | 'awaitingWindow' | 'rolling' | 'verifying' | 'rollingBack';

/** Workload → its images. */
export type WorkloadImages = Readonly<Record<string, ImageSet>>;

/** Images seen running in the stages before, and for how long they have run healthily. */
export interface Candidate {
  readonly digests: WorkloadImages;
  /** The stage it comes from. */
  readonly from: string;
  /** RFC 3339. */
  readonly seenAt: string;
  readonly healthyMs: number;
  /** RFC 3339; absent while it is not healthy. */
  readonly lastHealthyAt?: string;
  /** RFC 3339: since when a newer image runs in its place, while it waits on (`hold`). */
  readonly heldSince?: string;
}

/** What a run is about to do, written before the cluster is touched. */
export interface Intent {
  readonly id: string;
  /** Why it was begun: what was waited for, and what was passed over. */
  readonly why: string;
  readonly from: WorkloadImages;
  readonly to: WorkloadImages;
  /** RFC 3339: when this attempt, or putting the old images back, began. */
  readonly startedAt: string;
  /** 1 and up: how often a run has set about it. */
  readonly attempt: number;
  /** Whether somebody else put `to` in place, and it is only watched (`autoRollback: watch`). @default false */
  readonly watched?: boolean;
  /** What the gate said of each image when it was begun. */
  readonly evidence?: readonly ImageEvidence[];
  /** What was passed over for an exploited finding. Absent: nothing. */
  readonly bypassed?: readonly Bypassed[];
  /** Who approved it. Absent: nobody had to. */
  readonly by?: string;
  /** Where workloads move in an order: those up to this one are put in place. Absent: all at once. */
  readonly turn?: number;
  /** How far its verification is. Absent: its rollouts are not complete, or nothing is verified. */
  readonly verification?: {
    /** RFC 3339. */
    readonly startedAt: string;
    /** By the key of a verification. */
    readonly checks: Readonly<Record<string, Check>>;
  };
}

/** What a verification says at one look. Only `holds` is success; `unknown` has to become something else in time. */
export interface Outcome {
  readonly result: 'holds' | 'fails' | 'unknown';
  /** For a person. */
  readonly why: string;
}

/** What the looks at one verification said. */
export interface Check extends Outcome {
  /** RFC 3339: since when that is the result. */
  readonly since: string;
  /** RFC 3339: the last look. */
  readonly at: string;
}

/** What the gate said of an image, and why. */
export interface ImageEvidence {
  readonly reference: string;
  readonly digest: string;
  readonly verdict: 'pass' | 'fail' | 'unknown';
  readonly reason: string;
}

export type Bypassed = 'soak' | 'window';

export interface Refused {
  readonly digest: string;
  readonly reason: string;
  /** RFC 3339. */
  readonly at: string;
  /** Of an image that was watched: the digest that the lock named, under this reference. Refused until it names another. */
  readonly locked?: { readonly reference: string; readonly digest: string };
}

export interface HistoryEntry {
  /** RFC 3339. */
  readonly at: string;
  readonly what:
    | 'promoted'
    | 'deployed'
    | 'rolledBack'
    | 'refused'
    | 'blocked'
    | 'resumed'
    | 'foreignChange'
    | 'approved'
    | 'frozen'
    | 'unfrozen';
  readonly why: string;
  readonly from?: WorkloadImages;
  readonly to?: WorkloadImages;
  /** The person who did it or approved it. Absent: the promotion by itself, or nobody knows. */
  readonly by?: string;
  /** What the gate said of each image at that time. */
  readonly evidence?: readonly ImageEvidence[];
  /** What was passed over for an exploited finding. Absent: nothing. */
  readonly bypassed?: readonly Bypassed[];
}

/** What is left of older entries: by month (`2026-11`), how many there were of each kind. */
export type Folded = Readonly<Record<string, Readonly<Partial<Record<HistoryEntry['what'], number>>>>>;

/** Key `state` of the ConfigMap `patchway-promotion-<stage>`. */
export interface PromotionState {
  readonly schemaVersion: 1;
  readonly policyHash: string;
  readonly workloads: Readonly<Record<string, { readonly current: ImageSet; readonly previous?: ImageSet }>>;
  readonly candidate?: Candidate;
  /** Where one of the stages before is enough: what the others ran when the last candidate was chosen, which is no news. */
  readonly passedOver?: Readonly<Record<string, WorkloadImages>>;
  readonly step: PromotionStep;
  readonly intent?: Intent;
  readonly refused: readonly Refused[];
  /** The freeze that was last seen. Absent: there was none. */
  readonly frozen?: { readonly by: string; readonly reason: string };
  readonly lastError?: { readonly message: string; readonly at: string };
  /** RFC 3339: the last time a promotion finished well. */
  readonly lastPromotedAt?: string;
  /** Newest first. */
  readonly history: readonly HistoryEntry[];
  /** What is left of older entries. Absent: there are none. */
  readonly folded?: Folded;
}
