import type { ScannerEngine } from '../scanner.js';

/** Clair by Quay: a server of the user's own that fetches layers by itself and is asked over HTTP. */
export const clair: ScannerEngine = {
  kind: 'clair',
  capabilities: { fixDates: false, exploited: false, epss: false },
};
