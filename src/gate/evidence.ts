import type { ScannerKind, Severity } from '../policy/policy.js';
import type { BaseEvidence } from './base-evidence.js';
import type { JudgedFinding } from './finding.js';

/** A scanner's part in a scan. */
export interface ScannerRun {
  readonly kind: ScannerKind;
  readonly version?: string;
  /** `ok`; `failed`: it ended with an error or its report could not be read; `timeout`: it was not done in time. */
  readonly status: 'ok' | 'failed' | 'timeout';
  /** What went wrong, for a person. */
  readonly message?: string;
  /** RFC 3339. */
  readonly databaseBuiltAt?: string;
}

/** What is stored of a finding. Exceptions are not stored: they are applied when evidence is read. */
export type EvidenceFinding = Pick<
  JudgedFinding,
  | 'id'
  | 'aliases'
  | 'package'
  | 'version'
  | 'severity'
  | 'fixedIn'
  | 'exploited'
  | 'anchor'
  | 'anchorAt'
  | 'deadline'
  | 'failsAt'
  | 'excepted'
>;

/** The scan of one digest. */
export interface DigestEvidence {
  /** Digest per platform where the digest is an index. */
  readonly platforms: Readonly<Record<string, string>>;
  /** RFC 3339. */
  readonly scannedAt: string;
  /** Whether every scanner finished; incomplete evidence is never clean. */
  readonly complete: boolean;
  readonly scanners: readonly ScannerRun[];
  readonly counts: Readonly<Record<Severity | 'unknown', { readonly fixable: number; readonly unfixable: number }>> & {
    readonly exploited: number;
  };
  /** RFC 3339: the first instant at which a finding fails; absent: none ever does. */
  readonly gateClosesAt?: string;
  /** The distribution, where its end of life has come. */
  readonly endOfLife?: string;
  /** What it was built on, where somebody says. */
  readonly base?: BaseEvidence;
  /** Most urgent first: by `failsAt` (those without last), exploited before others, severity, id, package. */
  readonly findings: readonly EvidenceFinding[];
  /** What did not fit: how many, and the first instant at which one of them fails. */
  readonly cut?: { readonly count: number; readonly firstFailsAt?: string };
}

/** Key `evidence` of the ConfigMap `patchway-evidence-<repository slug>-<hash>`. */
export interface Evidence {
  /** 1. Evidence of another version is not understood, and its verdict unknown. */
  readonly schemaVersion: number;
  /** The policy's `hash`. */
  readonly policyHash: string;
  readonly repository: string;
  readonly digests: Readonly<Record<string, DigestEvidence>>;
}
