import type { ScannerKind } from '../policy/policy.js';

/** What writes a report in the scan's pod: the name of its container, and of its scratch directory's volume. */
export type Reporter = ScannerKind | 'sbom';

/**
 * Where things are in the scan's pod, as the agent sees them: the manifests mount them there, `fetch` and `scan` use them.
 * A scanner sees the image layout at the same place, read-only, and its own scratch directory as `/tmp`.
 */
export const FILES = {
  work: '/work',
  /** The OCI image layout that is scanned. */
  layout: '/work/image',
  /** What was fetched, or why nothing was. */
  target: '/work/target.json',
  /** The volume that keeps databases: read-only, but for the agent that fills it. */
  databases: '/databases',
  /** Docker's `config.json` of each Secret that images are pulled with, in a directory of the Secret's name. */
  credentials: '/patchway/registry',
  /** What is asked to build images again: `url` and `authorization` of each Secret, in a directory of the Secret's name. */
  webhooks: '/patchway/webhooks',
  /** The registry's certificate authority in PEM, where the policy names one. */
  ca: '/patchway/ca/ca.crt',
} as const;

/** Where a Secret's `config.json` is below `FILES.credentials`. */
export function credentialsIn(secret: string): string {
  return `${secret}/config.json`;
}

/** A scanner's scratch directory, as the agent sees it. */
export function scratchOf(reporter: Reporter): string {
  return `/scratch/${reporter}`;
}

/** A scanner's scratch directory, as the scanner sees it. */
export const SCRATCH = '/tmp';

/** The report's name in a scratch directory. */
export const REPORT = 'report.json';
