import type { DigestEvidence, EvidenceFinding } from '../../gate/evidence.js';
import { type EvidenceVerdict, evidenceVerdict } from '../../gate/evidence-verdict.js';
import { keyOf } from '../../gate/identity.js';
import { stateAt } from '../../gate/urgency.js';
import type { Policy, Severity, Stage } from '../../policy/policy.js';
import type { ImageSet } from '../../promotion/state.js';
import { type Fixed, type FixedFinding, fixedFindings } from './fixed.js';
import { type Speed, speedOf } from './speed.js';
import type { StageFacts } from './stage-facts.js';

/** What findings are in a workload, and were. */
export interface SeverityReport {
  readonly severity: Severity | 'unknown';
  /** All that are known: open and fixed. */
  readonly found: number;
  readonly fixed: number;
  /** Of the fixed ones, those that had a deadline and a time, and how many of them were in time. */
  readonly dated: number;
  readonly inTime: number;
  readonly open: number;
  readonly due: number;
  readonly overdue: number;
  readonly accepted: number;
}

export interface ImageReport {
  readonly reference: string;
  readonly tag: string;
  readonly digest: string;
  readonly verdict: EvidenceVerdict['verdict'];
  readonly reason: string;
  /** RFC 3339; absent: never, under this policy. */
  readonly scannedAt?: string;
}

export interface WorkloadReport {
  readonly kind: string;
  readonly workload: string;
  readonly images: readonly ImageReport[];
  readonly severities: readonly SeverityReport[];
  /** RFC 3339: when the next finding that is open becomes overdue; absent: none does. */
  readonly nextDue?: string;
}

export interface StageReport {
  readonly stage: string;
  readonly namespace: string;
  readonly workloads: readonly WorkloadReport[];
  readonly speed: Speed;
  readonly fixed: readonly FixedFinding[];
  /** How many promotions and rollouts by others the history still has one by one. */
  readonly promotions: number;
  /** How often each thing happened, counted entries included. */
  readonly events: Readonly<Record<string, number>>;
  /** What this report cannot tell, for a person. */
  readonly unknown: readonly string[];
}

/** How fast containers are patched, and where they stand. */
export interface Report {
  readonly policy: string;
  readonly timeZone: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly stages: readonly StageReport[];
}

/** How fast a stage is patched, and where it stands at an instant (epoch milliseconds). */
export function stageReport(policy: Policy<string>, facts: StageFacts, at: number): StageReport {
  const { stage } = facts;
  const workloads = facts.workloads.map((workload) => {
    const images = imagesOf(policy, stage, facts, workload.running, at);
    const open = images.flatMap(({ scan }) => scan?.findings ?? []);
    const fixed = fixedFindings(facts, workload, new Set(open.map(keyOf)));
    return { report: workloadReport(workload, images, fixed, at), fixed, missing: images.filter(({ scan }) => scan === undefined) };
  });
  const fixed = workloads.flatMap((each) => each.fixed.findings);
  return {
    stage: stage.name,
    namespace: stage.namespace,
    workloads: workloads.map(({ report }) => report),
    speed: speedOf(fixed),
    fixed,
    promotions: (facts.state?.history ?? []).filter(({ what }) => moves.has(what)).length,
    events: eventsOf(facts),
    unknown: [
      ...onlyCounted(facts),
      ...workloads.flatMap(({ fixed: { unknown } }) => unknown),
      ...workloads.flatMap(({ report, missing }) =>
        missing.map(({ reference, reason }) => `What ${report.workload} runs of ${reference} counts for nothing here: ${reason}.`),
      ),
      ...facts.missing.map((name) => `Workload ${name} is not deployed.`),
    ],
  };
}

type ScannedImage = ImageReport & { readonly scan?: DigestEvidence };

function imagesOf(policy: Policy<string>, stage: Stage, { evidence }: StageFacts, running: ImageSet, at: number): readonly ScannedImage[] {
  return Object.entries(running).map(([reference, { tag, digest }]) => {
    const verdicts = (evidence.get(reference) ?? []).map((each) => evidenceVerdict(policy, each, digest, at, stage.name));
    const scanned = verdicts.filter(({ scan }) => scan !== undefined).sort((a, b) => timeOf(b) - timeOf(a));
    const { verdict, reason, scan } = scanned[0] ?? verdicts[0] ?? evidenceVerdict(policy, undefined, digest, at, stage.name);
    return { reference, tag, digest, verdict, reason, ...(scan === undefined ? {} : { scan, scannedAt: scan.scannedAt }) };
  });
}

function timeOf({ scan }: EvidenceVerdict): number {
  return scan === undefined ? Number.NEGATIVE_INFINITY : Date.parse(scan.scannedAt);
}

const ALL: readonly (Severity | 'unknown')[] = ['critical', 'high', 'medium', 'low', 'unknown'];

function workloadReport(
  workload: StageFacts['workloads'][number],
  images: readonly ScannedImage[],
  fixed: Fixed,
  at: number,
): WorkloadReport {
  const scans = images.flatMap(({ scan }) => (scan === undefined ? [] : [scan]));
  const nextDue = scans
    .flatMap(({ findings }) => findings.filter((finding) => stateAt(finding, at) === 'due').map(({ failsAt }) => failsAt ?? ''))
    .sort()[0];
  return {
    kind: workload.kind,
    workload: workload.name,
    images: images.map(({ scan: _, ...image }) => image),
    severities: ALL.map((severity) => severityReport(severity, scans, fixed, at)).filter(({ found }) => found > 0),
    ...(nextDue === undefined ? {} : { nextDue }),
  };
}

function severityReport(severity: Severity | 'unknown', scans: readonly DigestEvidence[], { findings }: Fixed, at: number): SeverityReport {
  const open = scans.reduce((sum, { counts }) => sum + counts[severity].fixable + counts[severity].unfixable, 0);
  const listed: readonly EvidenceFinding[] = scans.flatMap((scan) => scan.findings.filter((finding) => finding.severity === severity));
  const count = (state: ReturnType<typeof stateAt>) => listed.filter((finding) => stateAt(finding, at) === state).length;
  const fixed = findings.filter((finding) => finding.severity === severity);
  const dated = fixed.filter(({ inTime }) => inTime !== undefined);
  return {
    severity,
    found: open + fixed.length,
    fixed: fixed.length,
    dated: dated.length,
    inTime: dated.filter(({ inTime }) => inTime === true).length,
    open,
    due: count('due'),
    overdue: count('overdue'),
    accepted: count('excepted'),
  };
}

/** What puts other images in place, for good. */
const moves: ReadonlySet<string> = new Set(['promoted', 'deployed']);

function onlyCounted({ state }: StageFacts): readonly string[] {
  const counts = Object.values(state?.folded ?? {}).flatMap((month) => Object.entries(month));
  const older = counts.reduce((sum, [what, count]) => sum + (moves.has(what) ? count : 0), 0);
  return older === 0
    ? []
    : [`What ${older === 1 ? '1 older promotion' : `${older} older promotions`} fixed: of them only the number is kept.`];
}

function eventsOf({ state }: StageFacts): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { what } of state?.history ?? []) counts[what] = (counts[what] ?? 0) + 1;
  for (const month of Object.values(state?.folded ?? {})) {
    for (const [what, count] of Object.entries(month)) counts[what] = (counts[what] ?? 0) + count;
  }
  return counts;
}
