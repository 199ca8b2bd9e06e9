import type { Milliseconds } from '../policy/policy.js';
import { aggregate, and, compare, type Expression, number, unless } from '../promql.js';
import { kubeState, type StageRules } from './alert.js';
import { elsewhere, type RuleTests, sceneOf, timeline } from './rule-test.js';

const JOB = ['namespace', 'job_name'] as const;

/**
 * When the newest failed Job of a CronJob was made, while none has succeeded since: a failed Job stays in Kubernetes'
 * history, and matters until a later run succeeds.
 */
export function failedSinceLastSuccess(context: StageRules, cronJob: string): Expression {
  const failed = compare(kubeState(context, 'kube_job_failed', { condition: 'true' }), '==', number(1));
  const made = and(kubeState(context, 'kube_job_created'), JOB, and(failed, JOB, jobsOf(context, cronJob)));
  const newestFailure = aggregate('max', ['namespace'], made);
  const lastSuccess = aggregate('max', ['namespace'], kubeState(context, 'kube_cronjob_status_last_successful_time', { cronjob: cronJob }));
  return unless(newestFailure, ['namespace'], compare(lastSuccess, '>', newestFailure));
}

/** The Jobs that a CronJob made, one series each. */
export function jobsOf(context: StageRules, cronJob: string): Expression {
  return kubeState(context, 'kube_job_owner', { owner_kind: 'CronJob', owner_name: cronJob });
}

/** Shows that an alert fires for a CronJob's failed Jobs, and for no other ones. */
export function failingJobs(context: StageRules, cronJob: string, wait: Milliseconds, firing: string): RuleTests {
  const { kube } = sceneOf(context);
  const t = timeline({ wait });
  const job = (name: string, failed: string, made: number, owner = cronJob) => [
    kube('kube_job_owner', t.always(1), { job_name: name, owner_kind: 'CronJob', owner_name: owner }),
    kube('kube_job_created', t.always(made), { job_name: name }),
    kube('kube_job_failed', failed, { job_name: name, condition: 'true' }),
  ];
  const success = (values: string, cronjob = cronJob) => kube('kube_cronjob_status_last_successful_time', values, { cronjob });
  const failed = job('scan-1', t.values(1, 0, 1), 600);
  const foreign = job('backup-1', t.always(1), 800, 'another');
  const unlike = job('scan-2', t.always(0), 900);
  const cases = [
    {
      title: 'Jobs that fail until one succeeds',
      series: [...failed, ...foreign, ...unlike, success(t.values(600, 500, 601)), success(t.always(900), 'another')],
      at: t.at(firing),
    },
    {
      title: "somebody else's Jobs that fail",
      series: [
        ...foreign,
        ...unlike,
        ...failed.map((series) => elsewhere(series)),
        kube('kube_job_failed', t.always(1), { job_name: 'scan-2', condition: 'false' }),
      ],
      at: t.never,
    },
    { title: 'a first Job that fails', series: [...job('scan-1', t.values(1, 0), 600)], at: t.at(firing) },
  ];
  return { step: t.step, cases };
}
