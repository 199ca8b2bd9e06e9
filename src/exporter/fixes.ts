import { names } from '../manifest/names.js';
import type { Milliseconds } from '../policy/policy.js';
import type { FindingSeverity, ScannedFinding, ScannedRepository, StageState } from './state.js';

/** As far as fixes are looked back for. */
export const LOOK_BACK: Milliseconds = 30 * 86_400_000;

/** A finding that was gone with a change of a workload's images; times in epoch milliseconds. */
export interface Fixed {
  readonly workload: string;
  readonly severity: FindingSeverity;
  readonly at: number;
  /** When its fix was released, as a rule. */
  readonly since?: number;
  /** By when it had to be gone. */
  readonly due?: number;
}

/** What the changes within the last 30 days fixed, newest first, as far as there is evidence of both images of each. */
export function fixedFindings({ promotion, evidence, config, at }: StageState): readonly Fixed[] {
  const gone = new Map<string, readonly ScannedFinding[]>();
  return (promotion?.history ?? []).flatMap((entry) => {
    const changedAt = Date.parse(entry.at);
    if (!CHANGES.includes(entry.what) || at - changedAt > LOOK_BACK) return [];
    return Object.entries(entry.to ?? {}).flatMap(([workload, images]) =>
      Object.entries(images).flatMap(([reference, { digest }]) => {
        const before = entry.from?.[workload]?.[reference]?.digest;
        const image = config.workloads.find(({ name }) => name === workload)?.images.find((each) => each.reference === reference);
        if (before === undefined || image === undefined) return [];
        // A fleet's workloads share images, and each pair is compared once.
        const key = `${image.repository} ${before} ${digest}`;
        const findings = gone.get(key) ?? goneBetween(evidence.get(names.evidence(image.repository)), before, digest);
        gone.set(key, findings);
        return findings.map((finding) => fixedAt(finding, workload, changedAt));
      }),
    );
  });
}

/** By workload: how long the fixes of its newest change that fixed anything took, in milliseconds; the longest of each severity. */
export function fixLatencies(fixed: readonly Fixed[]): ReadonlyMap<string, ReadonlyMap<FindingSeverity, Milliseconds>> {
  const newest = new Map<string, { readonly at: number; readonly latencies: Map<FindingSeverity, Milliseconds> }>();
  for (const { workload, severity, at, since } of fixed) {
    if (since === undefined) continue;
    const of = newest.get(workload) ?? { at, latencies: new Map() };
    newest.set(workload, of);
    if (of.at === at) of.latencies.set(severity, Math.max(at - since, of.latencies.get(severity) ?? 0));
  }
  return new Map([...newest].map(([workload, { latencies }]) => [workload, latencies]));
}

const CHANGES: readonly string[] = ['promoted', 'deployed'];

/** Only where the newer image was scanned completely: what no scanner looked for is not gone. */
function goneBetween(evidence: ScannedRepository | undefined, before: string, after: string): readonly ScannedFinding[] {
  const [old, now] = [evidence?.digests[before], evidence?.digests[after]];
  if (old === undefined || now === undefined || !now.complete || now.cut !== undefined) return [];
  const left = new Set(now.findings.map(({ id, package: name }) => `${id} ${name}`));
  return old.findings.filter(({ id, package: name }) => !left.has(`${id} ${name}`));
}

function fixedAt({ severity, anchorAt, failsAt }: ScannedFinding, workload: string, at: number): Fixed {
  return {
    workload,
    severity,
    at,
    ...(anchorAt === undefined ? {} : { since: Date.parse(anchorAt) }),
    ...(failsAt === undefined ? {} : { due: Date.parse(failsAt) }),
  };
}
