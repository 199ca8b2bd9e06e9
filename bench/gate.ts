/**
 * How long a verdict takes beside `JSON.parse` of the same report: a Trivy report of a hundred thousand findings
 * (about 50 MB). Both run side by side in one process; the ratio counts, and is to stay below 3.
 *
 *     npx tsx bench/gate.ts [findings]
 */
import { joinFindings } from '../src/gate/join.js';
import { judgeFindings } from '../src/gate/judge.js';
import { readReport } from '../src/gate/read-report.js';
import { verdictOf } from '../src/gate/verdict.js';
import type { GatePolicy } from '../src/policy/policy.js';

const DAY = 24 * 3_600_000;
const LIMIT = 3;
const ROUNDS = 9;
const CONTEXT = { asOf: Date.UTC(2026, 10, 21), firstSeen: {} };
const GATE: GatePolicy = {
  deadlines: { critical: 7 * DAY, high: 14 * DAY, medium: 90 * DAY, low: 180 * DAY },
  anchor: 'fixReleased',
  onlyFixable: true,
  exploited: { deadline: 3 * DAY, skipSoak: false, bypassWindows: false },
  endOfLife: 'warn',
  unknownSeverity: 'high',
  maxEvidenceAge: 36 * 3_600_000,
  onMissingEvidence: 'block',
  allowImprovement: true,
};

const count = Number(process.argv[2] ?? 100_000);
const text = reportText(count);
console.log(`${count} findings, ${(text.length / 1e6).toFixed(1)} MB`);

const parse: number[] = [];
const whole: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  parse.push(timed(() => JSON.parse(text)));
  whole.push(timed(() => verdictOf(GATE, [readReport(text, 'report.json')], CONTEXT)));
}
const report = readReport(text, 'report.json');
const joined = joinFindings([report]);
const steps = {
  join: timed(() => joinFindings([report])),
  judge: timed(() => judgeFindings(GATE, joined, CONTEXT)),
};
const ratio = median(whole) / median(parse);
const memory = process.resourceUsage().maxRSS / 1024;
console.log(
  `JSON.parse ${median(parse).toFixed(0)} ms, verdict ${median(whole).toFixed(0)} ms (joining ${steps.join.toFixed(0)}, judging ${steps.judge.toFixed(0)})`,
);
console.log(`ratio ${ratio.toFixed(2)}, to stay below ${LIMIT}; peak memory ${memory.toFixed(0)} MiB`);
if (ratio >= LIMIT) process.exitCode = 1;

function timed(act: () => unknown): number {
  const start = performance.now();
  act();
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function reportText(findings: number): string {
  const vulnerabilities = Array.from({ length: findings }, (_, index) => ({
    VulnerabilityID: `CVE-${2020 + (index % 7)}-${10_000 + Math.floor(index / 7)}`,
    PkgID: `package-${index % 500}@1.${index % 9}.0`,
    PkgName: `package-${index % 500}`,
    PkgIdentifier: { PURL: `pkg:deb/debian/package-${index % 500}@1.${index % 9}.0?arch=amd64&distro=debian-12.5` },
    InstalledVersion: `1.${index % 9}.0`,
    ...(index % 3 === 0 ? {} : { FixedVersion: `1.${index % 9}.1` }),
    Status: index % 3 === 0 ? 'affected' : 'fixed',
    Severity: ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'UNKNOWN'][index % 5],
    PrimaryURL: `https://avd.example/nvd/${index}`,
    Title: `package-${index % 500}: a flaw in how input is read`,
    CVSS: { nvd: { V3Vector: 'CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:L/A:N', V3Score: 4.8 } },
    PublishedDate: `202${index % 7}-0${1 + (index % 9)}-1${index % 10}T00:00:00Z`,
    LastModifiedDate: '2026-01-01T00:00:00Z',
  }));
  return JSON.stringify({ SchemaVersion: 2, ArtifactName: 'bench', Results: [{ Class: 'os-pkgs', Vulnerabilities: vulnerabilities }] });
}
