import { names } from '../../manifest/names.js';
import type { Milliseconds, PolicyDocument } from '../../policy/policy.js';
import { nextFires } from '../../policy/schedule.js';
import { aggregate, and, compare, number, promDuration, seconds, subtract, time } from '../../promql.js';
import { type Alert, kubeState, type StageRules } from '../alert.js';
import { jobsOf } from '../jobs.js';
import { sceneOf, timeline } from '../rule-test.js';

const JOB = ['namespace', 'job_name'] as const;

/** Fires while a scan of the stage has run for half of the time between two scans: if it takes the whole, the next one is left out. Its value is for how many seconds. */
export function scanSlow(context: StageRules): Alert {
  const { policy, stage } = context;
  const limit = halfInterval(policy);
  const started = aggregate('max', JOB, kubeState(context, 'kube_job_status_start_time'));
  const active = compare(aggregate('max', JOB, kubeState(context, 'kube_job_status_active')), '>', number(0));
  const slow = and(compare(subtract(time, started), '>=', seconds(limit)), JOB, active);
  return {
    alert: 'PatchwayScanSlow',
    expr: aggregate('max', ['namespace'], and(slow, JOB, jobsOf(context, names.scan(stage.name)))),
    for: 0,
    severity: 'warning',
    summary: `Scans of ${stage.namespace} are slow.`,
    description:
      `A scan of ${stage.namespace} has run for {{ $value | humanizeDuration }}, longer than ${promDuration(limit)}: half of the time between two of them. ` +
      `${policy.scan.parallelism} images are scanned at the same time.`,
    tests: (wait) => {
      const { kube } = sceneOf(context);
      const t = timeline({ wait, lengths: [limit] });
      const job = (name: string, active: string, start: number, owner = names.scan(stage.name)) => [
        kube('kube_job_owner', t.always(1), { job_name: name, owner_kind: 'CronJob', owner_name: owner }),
        kube('kube_job_status_start_time', t.always(start), { job_name: name }),
        kube('kube_job_status_active', active, { job_name: name }),
      ];
      const ended = job('scan-0', t.always(0), t.age(3 * limit));
      const foreign = job('backup-1', t.always(1), t.age(3 * limit), 'another');
      const slow = job('scan-1', t.values(1, 1, 0), t.age(limit));
      return { step: t.step, cases: [{ title: 'a scan that does not end', series: [...slow, ...ended, ...foreign], at: t.at('') }] };
    },
  };
}

/** Of the shortest time between two scans, from a fixed day on, so that rules never depend on the day. */
function halfInterval({ scan, timeZone }: PolicyDocument): Milliseconds {
  const fires = nextFires(scan.schedule, timeZone, Date.UTC(2026, 0, 1), 400);
  const gaps = fires.slice(1).map((fire, i) => fire - (fires[i] ?? fire));
  return gaps.length === 0 ? 86_400_000 : Math.min(...gaps) / 2;
}
