import type { ScannerKind } from '../policy/policy.js';
import type { ScannerEngine } from './scanner.js';
import { grype } from './scanners/grype.js';
import { trivy } from './scanners/trivy.js';

/** Every scanner that a policy can name. */
export const SCANNER_ENGINES: Readonly<Record<ScannerKind, ScannerEngine>> = { trivy, grype };
