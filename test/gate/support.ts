import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { Finding, JudgedFinding, Report } from '../../src/gate/finding.js';
import { identitiesOf } from '../../src/gate/identity.js';
import { readReport } from '../../src/gate/read-report.js';
import type { GatePolicy, ScannerKind } from '../../src/policy/policy.js';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

export const NAMES = ['trivy', 'grype', 'clair'].flatMap((kind) =>
  ['1.0.0', '1.0.1', '1.0.2'].map((version) => `${kind}-web-${version}.json`),
);

export function fixtureText(name: string): string {
  return readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
}

export function fixture(name: string): Report {
  return readReport(fixtureText(name), name);
}

export function web(version: string): readonly Report[] {
  return [fixture(`trivy-web-${version}.json`), fixture(`grype-web-${version}.json`)];
}

export function gatePolicy(changes: Partial<GatePolicy> = {}): GatePolicy {
  return {
    deadlines: { critical: 7 * DAY, high: 14 * DAY, medium: 90 * DAY },
    anchor: 'fixReleased',
    onlyFixable: true,
    exploited: { deadline: 3 * DAY, skipSoak: false, bypassWindows: false },
    endOfLife: 'warn',
    unknownSeverity: 'high',
    maxEvidenceAge: 36 * HOUR,
    onMissingEvidence: 'block',
    allowImprovement: true,
    ...changes,
  };
}

export function finding(changes: Partial<Finding> = {}): Finding {
  return {
    id: 'CVE-2026-0001',
    aliases: [],
    package: 'openssl',
    packages: ['libcrypto3'],
    version: '3.1.4-r5',
    severity: 'high',
    fixedIn: ['3.1.6-r0'],
    exploited: false,
    scanners: ['trivy'],
    ...changes,
  };
}

export function judged(changes: Partial<JudgedFinding> = {}): JudgedFinding {
  return { ...finding(), reason: 'because', ...changes };
}

const instant = fc
  .integer({ min: Date.UTC(2023, 0), max: Date.UTC(2027, 0) })
  .map((ms) => new Date(ms - (ms % 1000)).toISOString().replace('.000Z', 'Z'));

const ids = ['CVE-1', 'CVE-2', 'CVE-3', 'GHSA-1', 'GHSA-2', 'RHSA-1', 'GO-1'];
const names = ['openssl', 'libcrypto3', 'libssl3', 'busybox', 'curl'];

/** Findings that collide often: few names, few packages, aliases across them. */
export const findings: fc.Arbitrary<readonly Finding[]> = fc
  .array(
    fc.record(
      {
        id: fc.constantFrom(...ids),
        related: fc.array(fc.constantFrom(...ids), { maxLength: 2 }),
        package: fc.constantFrom(...names),
        packages: fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 2 }),
        version: fc.constantFrom('', '1.0', '0:1.0', '2.0'),
        severity: fc.constantFrom('critical', 'high', 'medium', 'low', 'unknown'),
        fixedIn: fc.array(fc.constantFrom('1.1', '2.1'), { maxLength: 2 }),
        fixReleasedAt: instant,
        publishedAt: instant,
        exploited: fc.boolean(),
        kevAddedAt: instant,
        epss: fc.double({ min: 0, max: 1, noNaN: true }),
        scanners: fc.constantFrom<readonly [ScannerKind]>(['trivy'], ['grype']),
      },
      { requiredKeys: ['id', 'related', 'package', 'packages', 'version', 'severity', 'fixedIn', 'exploited', 'scanners'] },
    ),
    { maxLength: 12 },
  )
  .map((list) =>
    list.flatMap(({ id, related, ...rest }) => identitiesOf(id, related).map((identity) => ({ ...identity, ...rest }) as Finding)),
  );

export const gatePolicies: fc.Arbitrary<GatePolicy> = fc
  .record({
    deadlines: fc.record({ critical: days(), high: days(), medium: days(), low: days() }, { requiredKeys: [] }),
    anchor: fc.constantFrom('fixReleased', 'detected', 'published', 'kevAdded'),
    onlyFixable: fc.boolean(),
    exploited: fc.record(
      { deadline: days(), skipSoak: fc.boolean(), bypassWindows: fc.boolean() },
      { requiredKeys: ['skipSoak', 'bypassWindows'] },
    ),
    unknownSeverity: fc.constantFrom('critical', 'high', 'medium', 'low', 'ignore'),
    onMissingEvidence: fc.constantFrom('block', 'warn'),
  })
  .map((changes) => gatePolicy(changes as Partial<GatePolicy>));

function days() {
  return fc.integer({ min: 0, max: 400 }).map((count) => count * DAY);
}

/** Instants around those of the findings, in epoch milliseconds. */
export const instants = fc.integer({ min: Date.UTC(2023, 0), max: Date.UTC(2029, 0) });
