import type { Anchor, Milliseconds, PresetName, PresetRow } from '../policy.js';

/** A framework's figures as data. */
export interface Preset {
  readonly name: PresetName;
  /** What the framework is called. */
  readonly title: string;
  /** Where its figures are from, and how sure they are. */
  readonly source: string;
  /** What a deadline is counted from, unless the policy says otherwise. */
  readonly anchor: Anchor;
  /** The first row whose conditions all hold counts; where none does there is no deadline. */
  readonly rows: readonly PresetRow[];
  /** How Patchway reads what the framework leaves open. */
  readonly readings: readonly string[];
}

export const HOUR: Milliseconds = 3_600_000;
export const DAY: Milliseconds = 24 * HOUR;
