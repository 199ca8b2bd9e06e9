import type { Scanner, ScannerKind, ScanPolicy } from '../policy/policy.js';
import type { ScannerEngine, ScannerProgram } from './scanner.js';
import { clair } from './scanners/clair.js';
import { grype } from './scanners/grype.js';
import { trivy } from './scanners/trivy.js';

/** Every scanner that a policy can name. */
export const SCANNER_ENGINES: Readonly<Record<ScannerKind, ScannerEngine>> = { trivy, grype, clair };

/** A scanner of a policy that runs in the scan's pod. */
export interface PodScanner {
  readonly scanner: Scanner;
  readonly program: ScannerProgram;
}

/** The scanners of a policy that run in the scan's pod, in its order. */
export function podScanners({ scanners }: Pick<ScanPolicy, 'scanners'>): readonly PodScanner[] {
  return scanners.flatMap((scanner) => {
    const { program } = SCANNER_ENGINES[scanner.kind];
    return program === undefined ? [] : [{ scanner, program }];
  });
}

/** The scanners of a policy that the agent asks over the network. */
export function serverScanners({ scanners }: Pick<ScanPolicy, 'scanners'>): readonly Scanner[] {
  return scanners.filter(({ kind }) => SCANNER_ENGINES[kind].program === undefined);
}
