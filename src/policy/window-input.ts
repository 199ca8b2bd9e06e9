import type { Duration } from './duration.js';

/** A time in which rollouts may start, or may not: again and again, or once. */
export type WindowInput = RecurringWindowInput | DatedWindowInput;

/** A time that comes again and again. */
export interface RecurringWindowInput {
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

/** A time that comes once: with `deny` a freeze. */
export interface DatedWindowInput {
  /** `allow`: only then; `deny`: never then, which wins. */
  readonly kind: 'allow' | 'deny';
  /** Its first day, such as `2026-12-20`, or the instant at which it begins, with an offset. */
  readonly from: string;
  /** Its last day, all of which belongs to it, or the instant at which it ends, with an offset. */
  readonly to: string;
  /**
   * The IANA time zone of its days.
   * @default the policy's
   */
  readonly timeZone?: string;
  /**
   * How long before an allow window ends, or a deny window begins, the last rollout may start.
   * @default rollout.progressDeadline
   */
  readonly cutoff?: Duration;
}
