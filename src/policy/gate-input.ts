import type { Duration } from './duration.js';
import type { Anchor, Severity } from './policy.js';

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
