import type { ToolName } from '../lock/lock.js';
import type { EnvVar } from '../manifest/manifest.js';
import type { Milliseconds, Scanner, ScannerKind } from '../policy/policy.js';

/** What a scanner's reports can tell beside vulnerabilities and their fixes. */
export interface ScannerCapabilities {
  /** When a fix was released. */
  readonly fixDates: boolean;
  /** Whether a vulnerability is known to be exploited. */
  readonly exploited: boolean;
  /** How probable exploitation is (EPSS). */
  readonly epss: boolean;
}

/** A scanner as data plus one function: adding one is adding a file. */
export interface ScannerEngine {
  readonly kind: ScannerKind;
  readonly capabilities: ScannerCapabilities;
  /** How it runs in the scan's pod; absent: it is a server, which the agent asks. */
  readonly program?: ScannerProgram;
}

/** A scanner that is a container beside the agent. */
export interface ScannerProgram {
  /** Its image's name in the lock. */
  readonly tool: ToolName;
  /** Arguments that Patchway sets and a policy's `args` may not: with other values nobody could read the report. */
  readonly reserved: readonly string[];
  /** Where its scratch directory says when the database was built, for reports that do not. */
  readonly databaseDate?: { readonly file: string; readonly field: string };
  /** Its vulnerability database, for a volume that keeps it. */
  readonly database: ScannerDatabase;
  /** How it is started on the image layout; its image's own entry point is the program. */
  start(scanner: Scanner, options: StartOptions): ScannerStart;
  /** How it is started to write an SBOM of the layout as its report, in CycloneDX; absent: it cannot. */
  sbom?(scanner: Scanner, options: StartOptions): ScannerStart;
}

export interface StartOptions {
  readonly timeout: Milliseconds;
  /** Whether its database is in place already, and not to be written to. */
  readonly cached: boolean;
}

export interface ScannerDatabase {
  /** Where it is in the scratch directory. */
  readonly directory: string;
  /** How the program is started to put it there, and to do nothing else. */
  download(scanner: Scanner, timeout: Milliseconds): ScannerStart;
}

export interface ScannerStart {
  readonly args: readonly string[];
  readonly env: readonly EnvVar[];
}
