import { names } from '../../manifest/names.js';
import type { Milliseconds } from '../../policy/policy.js';
import { aggregate, compare, number, or } from '../../promql.js';
import { type Alert, exported, PER_WORKLOAD, type StageRules } from '../alert.js';
import { failedSinceLastSuccess, failingJobs } from '../jobs.js';
import { elsewhere, type RuleCase, sceneOf, timeline } from '../rule-test.js';

/**
 * Fires while the newest ended Job of the stage's scan is a failed one, and for a workload whose newest scan lacks a scanner.
 * It waits as long as one image may take, for a failed pod is tried once more.
 */
export function scanFailing(context: StageRules): Alert {
  const { policy, stage } = context;
  const cronJob = names.scan(stage.name);
  const incomplete = compare(aggregate('max', PER_WORKLOAD, exported(context, 'patchway_scan_incomplete')), '==', number(1));
  return {
    alert: 'PatchwayScanFailing',
    expr: policy.monitoring.exporter ? or(incomplete, failedSinceLastSuccess(context, cronJob)) : failedSinceLastSuccess(context, cronJob),
    for: policy.scan.timeout,
    severity: 'warning',
    summary: `Scans of ${stage.namespace}{{ with $labels.workload }}/{{ . }}{{ end }} fail.`,
    description:
      `{{ if $labels.workload }}A scanner failed or was not done in time on an image of {{ $labels.namespace }}/{{ $labels.workload }}: its evidence is incomplete.` +
      `{{ else }}The newest Job of CronJob ${stage.namespace}/${cronJob} failed, and none has succeeded since.{{ end }}`,
    tests: (wait) => {
      const { step, cases } = failingJobs(context, cronJob, wait, '');
      return { step, cases: policy.monitoring.exporter ? [lackingScanner(context, wait), ...cases] : cases };
    },
  };
}

function lackingScanner(context: StageRules, wait: Milliseconds): RuleCase {
  const { workload, of } = sceneOf(context);
  const t = timeline({ wait });
  const incomplete = of('patchway_scan_incomplete', t.values(1, 0));
  return { title: 'evidence that lacks a scanner', series: [incomplete, elsewhere(incomplete, t.always(1))], at: t.at(workload) };
}
