import { addScan, type Scan } from '../../src/gate/build-evidence.js';
import type { Evidence } from '../../src/gate/evidence.js';
import { joinFindings } from '../../src/gate/join.js';
import { judgeFindings } from '../../src/gate/judge.js';
import { gatePolicy, web } from './support.js';

export const AT = Date.UTC(2026, 10, 21, 9);
export const POLICY = { hash: 'abc', gate: gatePolicy() };
export const DIGEST = `sha256:${'a'.repeat(64)}`;
export const PLATFORM = `sha256:${'b'.repeat(64)}`;

/** A complete scan of one digest by both scanners, without findings. */
export function scan(changes: Partial<Scan> = {}): Scan {
  return {
    policy: POLICY,
    repository: 'ghcr.io/acme/web',
    digest: DIGEST,
    platforms: { 'linux/amd64': PLATFORM },
    scannedAt: AT,
    runs: [
      { kind: 'trivy', status: 'ok' },
      { kind: 'grype', status: 'ok' },
    ],
    findings: [],
    ...changes,
  };
}

/** Evidence of the real reports on one version of the test image. */
export function scanned(version: string, changes: Partial<Scan> = {}, previous?: Evidence): Evidence {
  const findings = judgeFindings(POLICY.gate, joinFindings(web(version)), { asOf: AT, firstSeen: {} });
  return addScan(previous, scan({ findings, ...changes }));
}
