import type { WorkloadSummary } from '../manifest/stage-config.js';
import type { PolicyDocument, Stage } from '../policy/policy.js';
import type { ObservedWorkload } from './observe.js';
import type { People } from './people.js';
import type { Outcome, PromotionState, WorkloadImages } from './state.js';

/** What the gate says of one image, by the evidence of the stages before. */
export interface Judgement {
  readonly verdict: 'pass' | 'fail' | 'unknown';
  /** Whether the gate lets it through: an unknown verdict by the policy's `onMissingEvidence`. */
  readonly allowed: boolean;
  /** Why, for a person. */
  readonly reason: string;
  /** Whether its overdue findings are fewer than those of what runs in this stage, and none is new. */
  readonly improves: boolean;
  /** An exploited finding that what runs in this stage has and this image lacks. */
  readonly cures?: string;
  /** An exploited finding that the waiting candidate has and this image lacks. */
  readonly curesCandidate?: string;
}

/** Workloads as seen in one stage; one that is not deployed is absent. */
export type ObservedStage = Readonly<Record<string, ObservedWorkload>>;

/** All that a decision depends on. */
export interface Situation {
  readonly policy: Pick<PolicyDocument, 'hash' | 'gate' | 'rollout' | 'history'>;
  /** The stage that images are promoted to. */
  readonly stage: Stage;
  readonly workloads: readonly WorkloadSummary[];
  readonly state: PromotionState;
  readonly observed: {
    readonly here: ObservedStage;
    /** By the name of each stage that this one comes after. */
    readonly before: Readonly<Record<string, ObservedStage>>;
  };
  /** By `judgementKey`: of every image that is or may become the candidate. */
  readonly verdicts: Readonly<Record<string, Judgement>>;
  /** What people decided. Absent: whoever asks has other ways, such as a forge's reviews. */
  readonly people?: People;
  /** What was looked at for this decision, by the key of a verification. Absent: whoever asks does not verify. */
  readonly outcomes?: Readonly<Record<string, Outcome>>;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** `ghcr.io/acme/web:1.4@sha256:…`: a digest under the reference whose evidence counts. */
export function judgementKey(reference: string, digest: string): string {
  return `${reference}@${digest}`;
}

/** What happens next, why, and the state to be stored before it does. */
export type Decision = {
  /** A sentence or two for a person. */
  readonly because: string;
  readonly state: PromotionState;
} & (
  | { readonly kind: 'done' }
  /** `until`: epoch milliseconds, where it is known. */
  | { readonly kind: 'wait'; readonly for: 'health' | 'soak' | 'window' | 'rollout'; readonly until?: number }
  /** Somebody has to act: `unblock` says who and how. */
  | { readonly kind: 'blocked'; readonly by: 'gate' | 'approval' | 'freeze' | 'refused' | 'rollout' | 'stages'; readonly unblock: string }
  /** Somebody else moved an image of this stage. It is told, not fought. */
  | { readonly kind: 'foreignChange'; readonly unblock: string }
  /** Put these images in place: for the first time, to finish what was cut off, or instead of what failed. */
  | { readonly kind: 'promote' | 'resume' | 'rollBack'; readonly images: WorkloadImages }
  /**
   * They are in place: watch their rollout, `until` at most (epoch milliseconds); then look at what verifies them.
   * `ask`: the keys of the verifications to look at before deciding again.
   */
  | { readonly kind: 'verify'; readonly until: number; readonly ask?: readonly string[] }
  | { readonly kind: 'record'; readonly outcome: 'promoted' | 'rolledBack' }
  /** What was watched is not what it was: store that, and decide afresh. */
  | { readonly kind: 'again' }
);
