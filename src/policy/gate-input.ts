import type { Duration } from './duration.js';
import type { Anchor, Exposure, PresetName, Severity } from './policy.js';

/** How fast a finding must be fixed, and what an image must fulfil to be promoted. */
export interface GateInput {
  /**
   * A framework whose deadlines hold; every other field here goes before what it says.
   * @default none: `deadlines` is required
   */
  readonly preset?: PresetName;
  /**
   * How long each severity may stay unfixed; without a preset, a severity left out never closes the gate.
   * @default the preset's
   */
  readonly deadlines?: DeadlinesInput;
  /**
   * What a deadline is counted from.
   * @default the preset's, or 'fixReleased'
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
   * A deadline for vulnerabilities that will probably be exploited.
   * @default none
   */
  readonly epss?: EpssInput;
  /**
   * Whether what runs can be reached from the internet, in stages that do not say it themselves; presets ask for it.
   * @default not known, which counts as `internet`
   */
  readonly exposure?: Exposure;
  /**
   * When a deadline is over: at its instant, or at the end of that day in the policy's time zone.
   * @default 'instant'
   */
  readonly dueAt?: 'instant' | 'endOfDay';
  /**
   * What happens to an image whose distribution gets no more fixes, as Trivy knows it.
   * @default 'warn'
   */
  readonly endOfLife?: 'warn' | 'block' | 'ignore';
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
   * @default the preset's, or none, with a warning
   */
  readonly critical?: Duration;
  /**
   * For findings of high severity.
   * @default the preset's, or none, with a warning
   */
  readonly high?: Duration;
  /**
   * For findings of medium severity.
   * @default the preset's, or none, with a warning
   */
  readonly medium?: Duration;
  /**
   * For findings of low severity.
   * @default the preset's, or none, with a warning
   */
  readonly low?: Duration;
}

/** A deadline for vulnerabilities that will probably be exploited. */
export interface EpssInput {
  /** The probability of exploitation in the next 30 days (EPSS, 0 to 1) above which it holds. */
  readonly above: number;
  /** How long such a finding may stay unfixed, whatever its severity. */
  readonly deadline: Duration;
}

/** What is different for vulnerabilities that are known to be exploited. */
export interface ExploitedInput {
  /**
   * How long an exploited finding may stay unfixed, whatever its severity.
   * @default the preset's, or its severity's deadline
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
