import type { Anchor, ScannerKind, Severity } from '../policy/policy.js';

/** One vulnerability in one package of one image, as one scanner or several joined see it. */
export interface Finding {
  /** The CVE where one is known, else the scanner's own identifier. */
  readonly id: string;
  /** Other names of the same vulnerability, sorted, without `id`. */
  readonly aliases: readonly string[];
  /** The source package where known, else the binary one. */
  readonly package: string;
  /** The binary packages that carry it, sorted. */
  readonly packages: readonly string[];
  /** Package URLs of what carries it, sorted, where a scanner gives them. */
  readonly purls?: readonly string[];
  readonly version: string;
  readonly severity: Severity | 'unknown';
  /** Versions that fix it, as scanners give them; empty: no fix. */
  readonly fixedIn: readonly string[];
  /** RFC 3339: when the fix was released, the earliest any scanner knows. */
  readonly fixReleasedAt?: string;
  /** RFC 3339. */
  readonly publishedAt?: string;
  /** In a catalogue of known exploited vulnerabilities. */
  readonly exploited: boolean;
  /** RFC 3339: when it entered that catalogue. */
  readonly kevAddedAt?: string;
  /** Probability of exploitation in the next 30 days, 0 to 1 (EPSS). */
  readonly epss?: number;
  /** CVSS vectors, whoever gave them, sorted; absent: none is known. */
  readonly cvss?: readonly Cvss[];
  /** The scanners that reported it, sorted. */
  readonly scanners: readonly ScannerKind[];
}

/** How a vulnerability was rated by CVSS. */
export interface Cvss {
  /** Such as `CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H`. */
  readonly vector: string;
  /** The base score as it was stated, 0 to 10. */
  readonly score?: number;
}

/** One scanner's report on one image, normalised. */
export interface Report {
  readonly scanner: ScannerKind;
  readonly scannerVersion?: string;
  /** The image as the report names it, if it does. */
  readonly image?: string;
  /** Digests by which the report names the image (repository digests, manifest digest), sorted. */
  readonly digests: readonly string[];
  /** Repositories whose digests the report names, sorted; empty for an OCI layout or a tar. */
  readonly repositories: readonly string[];
  /** RFC 3339: when the image was scanned. */
  readonly createdAt?: string;
  /** RFC 3339: when the vulnerability database was built. */
  readonly databaseBuiltAt?: string;
  /** The distribution, where its end of life has come: no more fixes are to be expected. */
  readonly endOfLife?: string;
  readonly findings: readonly Finding[];
}

/**
 * When each finding was seen in a repository: `"<id> <package>"` → `"<first>/<last>"`, both RFC 3339;
 * `"<first>"` alone where the last time is not known.
 */
export type FirstSeen = Readonly<Record<string, string>>;

export type FindingState = 'due' | 'overdue' | 'reported' | 'excepted' | 'ignored';

/** An exception that holds for a finding. */
export interface Excepted {
  readonly reason: string;
  readonly approvedBy: string;
  /** RFC 3339: from then on it counts no more. */
  readonly expires: string;
  /** `policy`, or the file of the VEX document that says so. */
  readonly source: string;
}

/** Why a finding does not concern an image: what a VEX document says. */
export interface Ignored {
  readonly status: 'not_affected' | 'fixed';
  /** The document's words, for a person. */
  readonly reason: string;
  /** The document's file. */
  readonly source: string;
}

/** A finding under a policy: which deadline it has and why. It holds at every instant; `stateAt` says what it is at one. */
export interface JudgedFinding extends Finding {
  /** Which date the deadline is counted from, and whether it had to be assumed. Absent without a deadline. */
  readonly anchor?: Anchor | 'releasedAt' | 'asOf';
  readonly anchorAssumed?: boolean;
  /** RFC 3339. */
  readonly anchorAt?: string;
  /** RFC 3339; absent: reported, never fails. */
  readonly deadline?: string;
  /** RFC 3339: the instant from which it closes the gate: its deadline, or the end of its exception where that is later. */
  readonly failsAt?: string;
  /** The exception that holds at the instant of the verdict. */
  readonly excepted?: Excepted;
  /** What makes it not count at all; it is listed and never fails. */
  readonly ignored?: Ignored;
  /** Why it has this deadline or none, for a person. */
  readonly reason: string;
}
