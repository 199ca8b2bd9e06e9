import { aggregate, compare, promDuration, seconds, subtract, time, unless } from '../../promql.js';
import { type Alert, exported, knownWorkloads, PER_WORKLOAD, type StageRules } from '../alert.js';
import { elsewhere, FAR, sceneOf, timeline } from '../rule-test.js';

/**
 * Fires for a workload whose last complete scan is older than `gate.maxEvidenceAge`, and for one that was never scanned:
 * its workloads come from a recording rule, so that neither a dead exporter nor a missing scan hides one.
 */
export function scanMissing(context: StageRules): Alert {
  const { gate } = context.policy;
  const lastScan = aggregate('max', PER_WORKLOAD, exported(context, 'patchway_scan_last_success_timestamp_seconds'));
  const scannedInTime = compare(subtract(time, lastScan), '<', seconds(gate.maxEvidenceAge));
  return {
    alert: 'PatchwayScanMissing',
    expr: unless(knownWorkloads(context), PER_WORKLOAD, scannedInTime),
    for: 30 * 60_000,
    severity: 'warning',
    summary: 'The images of {{ $labels.namespace }}/{{ $labels.workload }} were not scanned in time.',
    description:
      `No complete scan of the images that {{ $labels.namespace }}/{{ $labels.workload }} runs is younger than ${promDuration(gate.maxEvidenceAge)}. ` +
      (gate.onMissingEvidence === 'block'
        ? 'Until there is one, nothing of it is promoted.'
        : 'Until there is one, it is promoted without a verdict.'),
    tests: (wait) => {
      const { workload, of } = sceneOf(context);
      const t = timeline({ wait, lengths: [gate.maxEvidenceAge] });
      const name = 'patchway_scan_last_success_timestamp_seconds';
      const scan = of(name, t.values(t.age(gate.maxEvidenceAge), t.age(gate.maxEvidenceAge), FAR));
      const never = of(name, t.values('absent', FAR));
      return {
        step: t.step,
        cases: [
          { title: 'scans that stop', series: [scan, elsewhere(scan, t.always(FAR))], at: t.at(workload) },
          { title: 'no scan at all', series: [never, elsewhere(never, t.always(FAR))], at: t.at(workload) },
        ],
      };
    },
  };
}
