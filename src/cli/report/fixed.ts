import type { DigestEvidence, Evidence, EvidenceFinding } from '../../gate/evidence.js';
import { firstSeenOf } from '../../gate/first-seen.js';
import { keyOf } from '../../gate/identity.js';
import type { StageFacts, WorkloadFacts } from './stage-facts.js';

/** A finding that a promotion took away. */
export interface FixedFinding {
  readonly id: string;
  readonly package: string;
  readonly severity: EvidenceFinding['severity'];
  readonly exploited: boolean;
  readonly workload: string;
  readonly reference: string;
  /** RFC 3339: when the promotion ended. Absent where images come from the lock, which does not say when they were rolled out. */
  readonly fixedAt?: string;
  /** From when it is counted, and what that was; absent where neither is known. */
  readonly since?: { readonly at: string; readonly of: 'fixReleased' | 'firstSeen' };
  /** RFC 3339 */
  readonly deadline?: string;
  /** Absent without a deadline, or where it is not known when it was fixed. */
  readonly inTime?: boolean;
}

export interface Fixed {
  readonly findings: readonly FixedFinding[];
  /** What cannot be told, for a person. */
  readonly unknown: readonly string[];
}

/** What promotions, or images of the lock, have taken out of a workload and what is not there again (`open`, by key). */
export function fixedFindings(facts: StageFacts, workload: WorkloadFacts, open: ReadonlySet<string>): Fixed {
  const steps = facts.state === undefined ? [] : promotionsOf(facts, workload);
  const found = (steps.length === 0 ? formerDigests(facts, workload) : steps).map((step) => ({
    step,
    gone: goneIn(facts, workload, step),
  }));
  const findings = new Map<string, FixedFinding>();
  for (const finding of found.flatMap(({ gone }) => gone ?? [])) {
    const key = `${finding.reference} ${keyOf(finding)}`;
    if (!open.has(keyOf(finding)) && !findings.has(key)) findings.set(key, finding);
  }
  const lost = found.filter(({ gone }) => gone === undefined).length;
  const what = lost === 1 ? '1 move of' : `${lost} moves of`;
  return {
    findings: [...findings.values()],
    unknown:
      lost === 0 ? [] : [`What ${what} ${workload.name} fixed: the scans of the images before or after are not kept, or incomplete.`],
  };
}

/** An image that gave way to another. */
interface Step {
  readonly reference: string;
  readonly from: string;
  readonly to: string;
  readonly at?: string;
}

/** Oldest first. */
function promotionsOf({ state }: StageFacts, { name }: WorkloadFacts): readonly Step[] {
  return [...(state?.history ?? [])]
    .reverse()
    .filter(({ what }) => what === 'promoted' || what === 'deployed')
    .flatMap(({ at, from, to }) =>
      Object.entries(to?.[name] ?? {}).flatMap(([reference, { digest }]) => {
        const before = from?.[name]?.[reference]?.digest;
        return before === undefined ? [] : [{ reference, from: before, to: digest, at }];
      }),
    );
}

/** Without a promotion: what else of the repository was scanned before what runs. */
function formerDigests({ evidence }: StageFacts, { running }: WorkloadFacts): readonly Step[] {
  return Object.entries(running).flatMap(([reference, { digest }]) => {
    const here = evidence.get(reference)?.[0];
    const present = scanOf(here, digest);
    if (here === undefined || present === undefined) return [];
    return Object.entries(here.digests)
      .filter(([, scan]) => scan !== present && scan.scannedAt < present.scannedAt)
      .map(([from]) => ({ reference, from, to: digest }));
  });
}

/** What a step took away; undefined where the scans do not tell. */
function goneIn(facts: StageFacts, { name }: WorkloadFacts, { reference, from, to, at }: Step): readonly FixedFinding[] | undefined {
  const evidence = facts.evidence.get(reference) ?? [];
  const [before, after] = [from, to].map((digest) => newest(evidence, digest));
  if (before === undefined || after === undefined || !after.complete || after.cut !== undefined) return undefined;
  const left = new Set(after.findings.map(keyOf));
  return before.findings
    .filter((finding) => !left.has(keyOf(finding)))
    .map((finding) => fixedFinding(facts, finding, { workload: name, reference, ...(at === undefined ? {} : { fixedAt: at }) }));
}

function fixedFinding(
  { firstSeen }: StageFacts,
  finding: EvidenceFinding,
  place: Pick<FixedFinding, 'workload' | 'reference' | 'fixedAt'>,
): FixedFinding {
  const { id, package: name, severity, exploited, anchor, anchorAt, deadline } = finding;
  const seen = firstSeenOf(firstSeen.get(place.reference) ?? {}, { ...finding, packages: [] });
  const released = anchor === 'fixReleased' ? anchorAt : undefined;
  const since = released ?? seen;
  return {
    id,
    package: name,
    severity,
    exploited,
    ...place,
    ...(since === undefined ? {} : { since: { at: since, of: released === undefined ? 'firstSeen' : 'fixReleased' } as const }),
    ...(deadline === undefined ? {} : { deadline }),
    ...(deadline === undefined || place.fixedAt === undefined ? {} : { inTime: Date.parse(place.fixedAt) < Date.parse(deadline) }),
  };
}

function newest(evidence: readonly Evidence[], digest: string): DigestEvidence | undefined {
  const scans = evidence.map((each) => scanOf(each, digest)).filter((scan) => scan !== undefined);
  return scans.sort((a, b) => Date.parse(b.scannedAt) - Date.parse(a.scannedAt))[0];
}

function scanOf(evidence: Evidence | undefined, digest: string): DigestEvidence | undefined {
  return Object.entries(evidence?.digests ?? {}).find(
    ([key, { platforms }]) => key === digest || Object.values(platforms).includes(digest),
  )?.[1];
}
