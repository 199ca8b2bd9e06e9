import { aggregate, compare, number, or, seconds, subtract, time, unless } from '../../promql.js';
import { type Alert, exported, knownWorkloads, PER_WORKLOAD, type StageRules } from '../alert.js';
import { elsewhere, FAR, sceneOf, timeline } from '../rule-test.js';

/**
 * Fires while the gate has been closed for an hour for what a workload runs, in a stage that others come after: by an overdue
 * finding, by an end of life that blocks, or for want of evidence that blocks. Nothing of it goes on to the next stage.
 */
export function gateClosed(context: StageRules): Alert | undefined {
  const { policy, stage } = context;
  const { gate } = policy;
  const next = policy.stages.filter(({ after }) => after.includes(stage.name)).map(({ name }) => name);
  if (next.length === 0) return undefined;
  const closes = aggregate('min', PER_WORKLOAD, exported(context, 'patchway_gate_closes_timestamp_seconds'));
  const overdue = compare(subtract(time, closes), '>=', number(0));
  const ended = compare(aggregate('max', PER_WORKLOAD, exported(context, 'patchway_end_of_life')), '==', number(1));
  const lastScan = aggregate('max', PER_WORKLOAD, exported(context, 'patchway_scan_last_success_timestamp_seconds'));
  const valid = compare(subtract(time, lastScan), '<', seconds(gate.maxEvidenceAge));
  const reasons = [
    overdue,
    ...(gate.endOfLife === 'block' ? [ended] : []),
    ...(gate.onMissingEvidence === 'block' ? [unless(knownWorkloads(context), PER_WORKLOAD, valid)] : []),
  ];
  return {
    alert: 'PatchwayGateClosed',
    expr: reasons.reduce((some, more) => or(some, more)),
    for: 3_600_000,
    severity: 'warning',
    summary: 'The gate is closed for what {{ $labels.namespace }}/{{ $labels.workload }} runs.',
    description:
      `What {{ $labels.namespace }}/{{ $labels.workload }} runs is not promoted to ${next.join(', ')}: ` +
      `${['a finding is overdue', ...(gate.endOfLife === 'block' ? ['its distribution has come to its end of life'] : []), ...(gate.onMissingEvidence === 'block' ? ['its evidence is missing, incomplete or stale'] : [])].join(', or ')}.`,
    tests: (wait) => {
      const { workload, of } = sceneOf(context);
      const t = timeline({ wait, lengths: [gate.maxEvidenceAge] });
      const SCANNED = 'patchway_scan_last_success_timestamp_seconds';
      const scanned = of(SCANNED, t.always(FAR));
      const due = of('patchway_gate_closes_timestamp_seconds', t.values(t.age(0), t.age(0), FAR));
      const late = of(SCANNED, t.values(t.age(gate.maxEvidenceAge), t.age(gate.maxEvidenceAge), FAR));
      const blocks = gate.onMissingEvidence === 'block';
      const eol = of('patchway_end_of_life', t.values(1, 0), { distribution: 'debian 10' });
      return {
        step: t.step,
        cases: [
          { title: 'an overdue finding', series: [scanned, due, elsewhere(due, t.always(0))], at: t.at(workload) },
          { title: 'evidence that grows old', series: [late], at: blocks ? t.at(workload) : t.never },
          { title: 'an end of life', series: [scanned, eol], at: gate.endOfLife === 'block' ? t.at(workload) : t.never },
        ],
      };
    },
  };
}
