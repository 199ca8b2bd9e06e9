import type { ScannerKind, Severity } from '../../policy/policy.js';
import type { Report } from '../finding.js';
import { type JsonNode, text } from '../json.js';

/** What a scanner's reports tell beside the vulnerabilities themselves. */
export interface ScannerCapabilities {
  /** When a fix was released. */
  readonly fixReleased: boolean;
  /** When a vulnerability was published. */
  readonly published: boolean;
  /** Whether, and since when, it is known to be exploited. */
  readonly exploited: boolean;
  /** The probability of exploitation. */
  readonly epss: boolean;
}

/** A scanner as the gate knows it: what its reports tell, how to know one, how to read one. */
export interface ScannerFormat {
  readonly kind: ScannerKind;
  /** As its makers write it. */
  readonly name: string;
  readonly capabilities: ScannerCapabilities;
  /** How a report is made that this reader understands. */
  readonly command: string;
  /** Whether a document is this scanner's report, by what only its reports have. */
  recognises(document: Readonly<Record<string, unknown>>): boolean;
  /** @throws PatchwayError (65) that names file, JSON path and reason */
  read(report: JsonNode): Report;
}

const LEVELS: Readonly<Record<string, Severity>> = {
  critical: 'critical',
  high: 'high',
  medium: 'medium',
  low: 'low',
  // Rated, and below low: the policy's least severity is the strictest one that is still true.
  negligible: 'low',
};

/** A severity as scanners write it; missing, `UNKNOWN` and words of the future are unknown, which policies judge apart. */
export function severityAt(node: JsonNode, key: string): Severity | 'unknown' {
  return LEVELS[text(node, key)?.toLowerCase() ?? ''] ?? 'unknown';
}
