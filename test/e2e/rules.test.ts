import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Milliseconds } from '../../src/policy/policy.js';
import { promDuration } from '../../src/promql.js';
import { type RulesFile, rulesFile, rulesManifests } from '../../src/rules/rules.js';
import { api, policy, production, staging, web } from '../rules/storefront.js';
import { hasPromtool, promtool, promtoolPath } from './promtool.js';

const minutes = (duration: Milliseconds) => duration / 60_000;
const AGE = minutes(policy.gate.maxEvidenceAge);
const SCAN = minutes(policy.scan.timeout);
const ROLLOUT = minutes(policy.rollout.progressDeadline);

const namespace = 'storefront-staging';
const own = { policy: 'storefront', stage: 'staging', namespace, workload: 'web' };
const elsewhere = { ...own, stage: 'production', namespace: 'storefront' };

type Labels = Readonly<Record<string, string>>;
interface Firing {
  readonly alert: string;
  readonly severity: 'critical' | 'warning';
  /** Absent: the alert is about the stage. */
  readonly workload?: string;
  /** The image that an image was built on, where the alert is about that. */
  readonly base?: string;
  /** What a red verdict asks for, where the alert is about one. */
  readonly remedy?: string;
  readonly summary: string;
  readonly description: string;
}
interface Story {
  readonly title: string;
  /** Metrics, one sample each minute from minute 0, in promtool's notation. */
  readonly series: readonly (readonly [name: string, labels: Labels, values: string])[];
  /** By minute: what fires then. An empty list: the alert is silent. */
  readonly at: readonly (readonly [minute: number, firing: readonly Firing[]])[];
  readonly alert: string;
}

const where = `${namespace}/web`;
const missing = (workload = 'web'): Firing => ({
  alert: 'PatchwayScanMissing',
  severity: 'warning',
  workload,
  summary: `The images of ${namespace}/${workload} were not scanned in time.`,
  description: `No complete scan of the images that ${namespace}/${workload} runs is younger than ${promDuration(policy.gate.maxEvidenceAge)}. Until there is one, nothing of it is promoted.`,
});
const incomplete: Firing = {
  alert: 'PatchwayScanFailing',
  severity: 'warning',
  workload: 'web',
  summary: `Scans of ${where} fail.`,
  description: `A scanner failed or was not done in time on an image of ${where}: its evidence is incomplete.`,
};
const failing: Firing = {
  alert: 'PatchwayScanFailing',
  severity: 'warning',
  summary: `Scans of ${namespace} fail.`,
  description: `The newest Job of CronJob ${namespace}/patchway-scan-staging failed, and none has succeeded since.`,
};
const absent: Firing = {
  alert: 'PatchwayMetricsAbsent',
  severity: 'critical',
  summary: `There are no Patchway metrics of ${namespace}.`,
  description: `Prometheus has no metrics of policy storefront, stage staging: the exporter in ${namespace} is away, not scraped, or cannot read its state. Findings of this stage raise no alerts meanwhile.`,
};
const overdue = (since: string): Firing => ({
  alert: 'PatchwayFindingOverdue',
  severity: 'critical',
  workload: 'web',
  remedy: 'update',
  summary: `A finding in ${where} is overdue.`,
  description: `The deadline of a finding in what ${where} runs passed ${since} ago. The gate is closed for this image. Take a newer tag of the image.`,
});
const exploited = (count: number): Firing => ({
  alert: 'PatchwayExploitedFindingOpen',
  severity: 'critical',
  workload: 'web',
  remedy: 'update',
  summary: `${where} runs a vulnerability that is known to be exploited.`,
  description: `${count} findings in what ${where} runs are in a catalogue of exploited vulnerabilities. The policy allows ${promDuration(policy.gate.exploited?.deadline ?? 0)} for one that has a fix. Take a newer tag of the image.`,
});
const behind = (since: string): Firing => ({
  alert: 'PatchwayBaseBehind',
  severity: 'warning',
  workload: 'web',
  base: 'alpine:3.19',
  summary: `${where} runs on an old build of its base.`,
  description: `There has been a newer build of alpine:3.19 for ${since}, longer than 1w. What it fixes is missing in ${where} until its image is built again.`,
});
const pastTheGuard = (pods: number): Firing => ({
  alert: 'PatchwayBreakGlass',
  severity: 'warning',
  summary: `Pods in ${namespace} run past the guard.`,
  description: `${pods} pods in ${namespace} carry the label patchway.dev/break-glass: their images may be ones that neither the lock nor a promotion names.`,
});
const stuck: Firing = {
  alert: 'PatchwayRolloutStuck',
  severity: 'warning',
  workload: 'web',
  summary: `The rollout of ${where} is stuck.`,
  description: `Deployment ${where} made no progress for ${promDuration(policy.rollout.progressDeadline)}, or its last change was not acted upon. Pods of the version before go on serving.`,
};
const belowBudget = (pods: number): Firing => ({
  alert: 'PatchwayWorkloadBelowBudget',
  severity: 'critical',
  workload: 'web',
  summary: `${where} has fewer healthy pods than its disruption budget asks for.`,
  description: `${where} has lacked ${pods} healthy pods for ${promDuration(policy.rollout.progressDeadline)}. None of those it still has can be evicted, so nodes cannot be drained.`,
});

const job = (name: string, labels: Labels = {}) => ({ namespace, job_name: name, ...labels });
const owned = (name: string, cronJob = 'patchway-scan-staging') => job(name, { owner_kind: 'CronJob', owner_name: cronJob });
const LONG = AGE + 300;

const stories: readonly Story[] = [
  {
    title: 'a workload that was never scanned',
    alert: 'PatchwayScanMissing',
    series: [
      ['patchway_workload_info', own, '1x60'],
      ['patchway_scan_last_success_timestamp_seconds', elsewhere, '3600x200'],
      ['patchway_scan_last_success_timestamp_seconds', { ...own, workload: 'api' }, '3600x200'],
      ['patchway_scan_last_success_timestamp_seconds', own, '_x41 2460x100'],
    ],
    at: [
      [29, []],
      [30, [missing()]],
      [40, [missing()]],
      [41, []],
    ],
  },
  {
    title: 'scans that stop, seen through two exporters during its rollout',
    alert: 'PatchwayScanMissing',
    series: [
      ['patchway_scan_last_success_timestamp_seconds', { ...own, workload: 'api' }, `0+60x${LONG}`],
      ['patchway_scan_last_success_timestamp_seconds', { ...own, instance: 'a' }, `0x${AGE + 60} ${(AGE + 50) * 60}x100`],
      ['patchway_scan_last_success_timestamp_seconds', { ...own, instance: 'b' }, `0x${AGE + 60}`],
    ],
    at: [
      [AGE - 1, []],
      [AGE + 29, []],
      [AGE + 30, [missing()]],
      [AGE + 60, [missing()]],
      [AGE + 61, []],
    ],
  },
  {
    title: 'an exporter that is away',
    alert: 'PatchwayScanMissing',
    series: [['patchway_scan_last_success_timestamp_seconds', own, '0x10 stale']],
    at: [
      [11, []],
      [41, [missing('api'), missing()]],
    ],
  },
  {
    title: 'evidence that lacks a scanner',
    alert: 'PatchwayScanFailing',
    series: [
      ['patchway_scan_incomplete', own, `0x4 1x${SCAN + 9} 0x20`],
      ['patchway_scan_incomplete', { ...own, workload: 'api' }, '0x100'],
      ['patchway_scan_incomplete', elsewhere, '1x100'],
    ],
    at: [
      [4, []],
      [5 + SCAN - 1, []],
      [5 + SCAN, [incomplete]],
      [14 + SCAN, [incomplete]],
      [15 + SCAN, []],
    ],
  },
  {
    title: 'Jobs that fail until one succeeds',
    alert: 'PatchwayScanFailing',
    series: [
      ['kube_job_owner', owned('s-1'), '1x200'],
      ['kube_job_created', job('s-1'), '600x200'],
      ['kube_job_failed', job('s-1', { condition: 'true' }), '0x19 1x200'],
      ['kube_cronjob_status_last_successful_time', { namespace, cronjob: 'patchway-scan-staging' }, '0x99 5940x100'],
      ['kube_cronjob_status_last_successful_time', { namespace, cronjob: 'backup' }, '7200x200'],
    ],
    at: [
      [19, []],
      [20 + SCAN - 1, []],
      [20 + SCAN, [failing]],
      [99, [failing]],
      [100, []],
    ],
  },
  {
    title: 'a first Job that fails',
    alert: 'PatchwayScanFailing',
    series: [
      ['kube_job_owner', owned('s-1'), '1x200'],
      ['kube_job_created', job('s-1'), '60x200'],
      ['kube_job_failed', job('s-1', { condition: 'true' }), '1x100 stale'],
    ],
    at: [
      [SCAN - 1, []],
      [SCAN, [failing]],
      [101, []],
    ],
  },
  {
    title: "somebody else's Jobs that fail",
    alert: 'PatchwayScanFailing',
    series: [
      ['kube_job_owner', owned('backup-1', 'backup'), '1x200'],
      ['kube_job_created', job('backup-1'), '60x200'],
      ['kube_job_failed', job('backup-1', { condition: 'true' }), '1x200'],
      ['kube_job_owner', owned('s-2'), '1x200'],
      ['kube_job_created', job('s-2'), '60x200'],
      ['kube_job_failed', job('s-2', { condition: 'false' }), '1x200'],
      ['kube_job_owner', { ...owned('s-3'), namespace: 'x' }, '1x200'],
      ['kube_job_created', { ...job('s-3'), namespace: 'x' }, '60x200'],
      ['kube_job_failed', { ...job('s-3', { condition: 'true' }), namespace: 'x' }, '1x200'],
    ],
    at: [[100, []]],
  },
  {
    title: 'an exporter that ends',
    alert: 'PatchwayMetricsAbsent',
    series: [
      ['patchway_workload_info', own, '1x4 stale _x20 1x20'],
      ['patchway_workload_info', elsewhere, '1x100'],
    ],
    at: [
      [4, []],
      [14, []],
      [15, [absent]],
      [25, [absent]],
      [26, []],
    ],
  },
  {
    title: 'a deadline that passes',
    alert: 'PatchwayFindingOverdue',
    series: [
      ['patchway_gate_closes_timestamp_seconds', own, '3600x89 stale _x4 3600x9 999999x60'],
      ['patchway_gate_closes_timestamp_seconds', { ...own, instance: 'behind' }, '999999x200'],
      ['patchway_gate_closes_timestamp_seconds', { ...own, workload: 'api' }, '999999x200'],
      ['patchway_gate_closes_timestamp_seconds', elsewhere, '60x200'],
    ],
    at: [
      [59, []],
      [60, [overdue('0s')]],
      [85, [overdue('25m 0s')]],
      [92, [overdue('29m 0s')]],
      [104, [overdue('44m 0s')]],
      [121, []],
    ],
  },
  {
    title: 'something exploited that is found and fixed',
    alert: 'PatchwayExploitedFindingOpen',
    series: [
      ['patchway_findings_exploited', own, '0x4 2x20 0x60'],
      ['patchway_findings_exploited', { ...own, instance: 'behind' }, '0x200'],
      ['patchway_findings_exploited', { ...own, workload: 'api' }, '0x200'],
      ['patchway_findings_exploited', elsewhere, '1x200'],
    ],
    at: [
      [4, []],
      [5, [exploited(2)]],
      [25, [exploited(2)]],
      [42, []],
    ],
  },
  {
    title: 'a base that has moved on, until the image is built again',
    alert: 'PatchwayBaseBehind',
    series: [
      ['patchway_base_behind_since_timestamp_seconds', { ...own, digest: 'a', base: 'alpine:3.19' }, `${3600 - 7 * 86_400}x100 stale`],
      ['patchway_base_behind_since_timestamp_seconds', { ...own, digest: 'b', base: 'alpine:3.19' }, '99999x200'],
      ['patchway_base_behind_since_timestamp_seconds', { ...own, digest: 'c', base: 'debian:12' }, '99999x200'],
      ['patchway_base_behind_since_timestamp_seconds', { ...elsewhere, digest: 'a', base: 'alpine:3.19' }, `${-7 * 86_400}x200`],
    ],
    at: [
      [59, []],
      [60, [behind('7d 0h 0m 0s')]],
      [100, [behind('7d 0h 40m 0s')]],
      [117, []],
    ],
  },
  {
    title: 'a pod past the guard',
    alert: 'PatchwayBreakGlass',
    series: [
      ['patchway_break_glass_pods', { policy: 'storefront', stage: 'staging', namespace }, '0x4 2x20 0x60'],
      ['patchway_break_glass_pods', { policy: 'storefront', stage: 'production', namespace: 'storefront' }, '1x200'],
    ],
    at: [
      [4, []],
      [5, [pastTheGuard(2)]],
      [25, [pastTheGuard(2)]],
      [42, []],
    ],
  },
  {
    title: 'a rollout that makes no progress',
    alert: 'PatchwayRolloutStuck',
    series: [
      ['kube_deployment_status_condition', { namespace, deployment: 'web', condition: 'Progressing', status: 'false' }, '0x4 1x20 0x20'],
      ['kube_deployment_status_condition', { namespace, deployment: 'web', condition: 'Progressing', status: 'true' }, '1x100'],
      ['kube_deployment_status_condition', { namespace, deployment: 'web', condition: 'Available', status: 'false' }, '1x100'],
      ['kube_deployment_status_condition', { namespace, deployment: 'other', condition: 'Progressing', status: 'false' }, '1x100'],
      ['kube_deployment_status_condition', { namespace: 'x', deployment: 'api', condition: 'Progressing', status: 'false' }, '1x100'],
    ],
    at: [
      [9, []],
      [10, [stuck]],
      [25, [stuck]],
      [26, []],
    ],
  },
  {
    title: 'a change that nobody acts on',
    alert: 'PatchwayRolloutStuck',
    series: [
      ['kube_deployment_metadata_generation', { namespace, deployment: 'web', pod: 'ksm-1' }, '1x4 2x100'],
      ['kube_deployment_status_observed_generation', { namespace, deployment: 'web', pod: 'ksm-2' }, '1x24 2x100'],
    ],
    at: [
      [9, []],
      [10, [stuck]],
      [24, [stuck]],
      [25, []],
    ],
  },
  {
    title: 'pods that are missing for longer than a rollout may take',
    alert: 'PatchwayWorkloadBelowBudget',
    series: [
      ['kube_poddisruptionbudget_status_desired_healthy', { namespace, poddisruptionbudget: 'web' }, '3x100'],
      ['kube_poddisruptionbudget_status_current_healthy', { namespace, poddisruptionbudget: 'web' }, `3x4 1x${ROLLOUT + 9} 3x50`],
      ['kube_poddisruptionbudget_status_desired_healthy', { namespace, poddisruptionbudget: 'api' }, '3x100'],
      ['kube_poddisruptionbudget_status_current_healthy', { namespace, poddisruptionbudget: 'api' }, '4x100'],
      ['kube_poddisruptionbudget_status_desired_healthy', { namespace, poddisruptionbudget: 'other' }, '3x100'],
      ['kube_poddisruptionbudget_status_current_healthy', { namespace, poddisruptionbudget: 'other' }, '0x100'],
    ],
    at: [
      [4, []],
      [5 + ROLLOUT - 1, []],
      [5 + ROLLOUT, [belowBudget(2)]],
      [14 + ROLLOUT, [belowBudget(2)]],
      [15 + ROLLOUT, []],
    ],
  },
];

describe.runIf(hasPromtool())('rules', () => {
  const directory = mkdtempSync(join(tmpdir(), 'patchway-rules-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const write = (name: string, content: string) => {
    writeFileSync(join(directory, name), content);
    return join(directory, name);
  };
  const both = rulesFile(policy, [
    { stage: staging, workloads: [web, api] },
    { stage: production, workloads: [web] },
  ]);

  beforeAll(async () => {
    await promtoolPath();
    write('rules.json', JSON.stringify(both));
    write('staging.json', JSON.stringify(rulesFile(policy, [{ stage: staging, workloads: [web, api] }])));
  }, 900_000);

  it('are a rules file without faults', async () => {
    const checked = await promtool(['check', 'rules', '--lint=all', '--lint-fatal', join(directory, 'rules.json')]);
    expect(checked).toMatchObject({ code: 0, stdout: expect.stringContaining(`${rulesIn(both)} rules found`) });
  });

  it('are the same file in the ConfigMap', async () => {
    const monitoring = { ...policy.monitoring, prometheus: 'rules-file' } as const;
    const [configMap] = rulesManifests({ policy: { ...policy, monitoring }, stage: staging, workloads: [web, api] });
    const { data } = configMap as { data?: Record<string, string> };
    const file = write('patchway.rules.yaml', data?.['patchway.rules.yaml'] ?? '');
    expect(await promtool(['check', 'rules', '--lint=all', '--lint-fatal', file])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${rulesIn(rulesFile(policy, [{ stage: staging, workloads: [web, api] }]))} rules found`),
    });
  });

  it.each(stories.map((story) => [story.alert, story.title, story] as const))('%s: %s', async (_, title, story) => {
    const file = write(`${title.replace(/\W+/g, '-')}.json`, JSON.stringify(unitTest(story)));
    const outcome = await promtool(['test', 'rules', file]);
    expect(`${outcome.stdout}${outcome.stderr}`).toContain('SUCCESS');
    expect(outcome.code).toBe(0);
  });
});

function rulesIn({ groups }: RulesFile): number {
  return groups.flatMap(({ rules }) => rules).length;
}

function unitTest({ alert, series, at }: Story) {
  return {
    rule_files: ['staging.json'],
    evaluation_interval: '1m',
    tests: [
      {
        interval: '1m',
        input_series: series.map(([name, labels, values]) => ({ series: `${name}${selector(labels)}`, values })),
        alert_rule_test: at.map(([minute, firing]) => ({
          eval_time: `${minute}m`,
          alertname: alert,
          exp_alerts: firing.map(expected),
        })),
      },
    ],
  };
}

function expected({ alert, severity, workload, base, remedy, summary, description }: Firing) {
  return {
    exp_labels: {
      team: 'shop',
      severity,
      policy: 'storefront',
      stage: 'staging',
      namespace,
      ...(workload === undefined ? {} : { workload }),
      ...(base === undefined ? {} : { base }),
      ...(remedy === undefined ? {} : { remedy }),
    },
    exp_annotations: { summary, description, runbook_url: `https://example.com/runbooks/${alert}.md` },
  };
}

function selector(labels: Labels): string {
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',')}}`;
}
