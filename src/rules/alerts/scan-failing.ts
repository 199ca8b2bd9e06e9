import { names } from '../../manifest/names.js';
import { aggregate, and, compare, type Expression, number, or, unless } from '../../promql.js';
import { type Alert, exported, kubeState, PER_WORKLOAD, type StageRules } from '../alert.js';

/**
 * Fires while the newest ended Job of the stage's scan is a failed one, and for a workload whose newest scan lacks a scanner.
 * It waits as long as one image may take, for a failed pod is tried once more.
 */
export function scanFailing(context: StageRules): Alert {
  const { policy, stage } = context;
  const incomplete = compare(aggregate('max', PER_WORKLOAD, exported(context, 'patchway_scan_incomplete')), '==', number(1));
  return {
    alert: 'PatchwayScanFailing',
    expr: policy.monitoring.exporter ? or(incomplete, failedSinceLastSuccess(context)) : failedSinceLastSuccess(context),
    for: policy.scan.timeout,
    severity: 'warning',
    summary: `Scans of ${stage.namespace}{{ with $labels.workload }}/{{ . }}{{ end }} fail.`,
    description:
      `{{ if $labels.workload }}A scanner failed or was not done in time on an image of {{ $labels.namespace }}/{{ $labels.workload }}: its evidence is incomplete.` +
      `{{ else }}The newest Job of CronJob ${stage.namespace}/${names.scan(stage.name)} failed, and none has succeeded since.{{ end }}`,
  };
}

/** A failed Job stays in Kubernetes' history; it matters until a later run succeeds. */
function failedSinceLastSuccess(context: StageRules): Expression {
  const cronJob = names.scan(context.stage.name);
  const ours = kubeState(context, 'kube_job_owner', { owner_kind: 'CronJob', owner_name: cronJob });
  const failed = compare(kubeState(context, 'kube_job_failed', { condition: 'true' }), '==', number(1));
  const started = and(kubeState(context, 'kube_job_created'), JOB, and(failed, JOB, ours));
  const newestFailure = aggregate('max', ['namespace'], started);
  const lastSuccess = aggregate('max', ['namespace'], kubeState(context, 'kube_cronjob_status_last_successful_time', { cronjob: cronJob }));
  return unless(newestFailure, ['namespace'], compare(lastSuccess, '>', newestFailure));
}

const JOB = ['namespace', 'job_name'] as const;
