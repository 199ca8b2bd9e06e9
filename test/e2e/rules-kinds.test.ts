import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WorkloadSummary } from '../../src/manifest/stage-config.js';
import { rulesFile } from '../../src/rules/rules.js';
import { policy, staging, web } from '../rules/storefront.js';
import { hasPromtool, promtool, promtoolPath } from './promtool.js';

const namespace = staging.namespace;
const workloads: readonly WorkloadSummary[] = [
  web,
  { ...web, kind: 'StatefulSet', name: 'database' },
  { ...web, kind: 'DaemonSet', name: 'collector' },
  { ...web, kind: 'Rollout', name: 'canary' },
  { ...web, kind: 'CronJob', name: 'report' },
];

/** One sample each minute from minute 0, in promtool's notation. */
type Series = readonly [name: string, labels: Readonly<Record<string, string>>, values: string];

const set = (name: string, values: string, labels = {}): Series => [
  `kube_statefulset_${name}`,
  { statefulset: 'database', ...labels },
  values,
];
const onNodes = (name: string, values: string): Series => [`kube_daemonset_${name}`, { daemonset: 'collector' }, values];
const three: readonly Series[] = [
  set('replicas', '3x100'),
  set('metadata_generation', '2x100'),
  set('status_observed_generation', '2x100'),
];
const revisions = (from: string, to: string): readonly Series[] => [
  set('status_current_revision', '1x100', { revision: from }),
  set('status_update_revision', '1x100', { revision: to }),
];
const nodes: readonly Series[] = [
  onNodes('status_desired_number_scheduled', '3x100'),
  onNodes('metadata_generation', '2x100'),
  onNodes('status_observed_generation', '2x100'),
];

interface Story {
  readonly title: string;
  readonly series: readonly Series[];
  /** By minute, the workload whose rollout is stuck then. The deadline is 10 minutes, and the alert waits for 5 more. */
  readonly at: readonly (readonly [minute: number, workload: string | undefined])[];
}

const stories: readonly Story[] = [
  {
    title: 'a StatefulSet whose first new pod is broken',
    series: [
      ...three,
      ...revisions('a', 'b'),
      set('status_replicas_updated', '3x9 1x30 3x60'),
      set('status_replicas_available', '3x9 2x30 3x60'),
    ],
    at: [
      [20, undefined],
      [23, undefined],
      [24, 'database'],
      [39, 'database'],
      [42, undefined],
    ],
  },
  {
    title: 'a StatefulSet that goes on slowly',
    series: [
      ...three,
      ...revisions('a', 'b'),
      set('status_replicas_updated', '0x8 1x8 2x8 3x60'),
      set('status_replicas_available', '2x100'),
    ],
    at: [
      [15, undefined],
      [26, undefined],
      [36, undefined],
      [44, 'database'],
    ],
  },
  {
    title: 'a StatefulSet without a rollout that lacks a pod',
    series: [...three, ...revisions('a', 'a'), set('status_replicas_updated', '3x100'), set('status_replicas_available', '2x100')],
    at: [[60, undefined]],
  },
  {
    title: 'a StatefulSet whose controller is away',
    series: [set('replicas', '3x100'), set('metadata_generation', '2x4 3x60'), set('status_observed_generation', '2x100')],
    at: [
      [9, undefined],
      [10, 'database'],
    ],
  },
  {
    title: 'a DaemonSet whose new pods are broken',
    series: [...nodes, onNodes('status_updated_number_scheduled', '3x9 1x30 3x60'), onNodes('status_number_available', '3x9 2x30 3x60')],
    at: [
      [23, undefined],
      [24, 'collector'],
      [42, undefined],
    ],
  },
  {
    title: 'a DaemonSet that is through',
    series: [...nodes, onNodes('status_updated_number_scheduled', '3x100'), onNodes('status_number_available', '3x100')],
    at: [[60, undefined]],
  },
  {
    title: 'an Argo Rollout that was aborted',
    series: [
      ['rollout_info', { name: 'canary', phase: 'Degraded', strategy: 'canary' }, '0x4 1x20 0x20'],
      ['rollout_info', { name: 'canary', phase: 'Progressing', strategy: 'canary' }, '1x4 0x60'],
    ],
    at: [
      [9, undefined],
      [10, 'canary'],
      [26, undefined],
    ],
  },
  {
    title: 'a StatefulSet that the policy does not know',
    series: [
      ['kube_statefulset_metadata_generation', { statefulset: 'other' }, '2x60'],
      ['kube_statefulset_status_observed_generation', { statefulset: 'other' }, '1x60'],
    ],
    at: [[30, undefined]],
  },
];

describe.runIf(hasPromtool())('the rule of stuck rollouts, by kind', () => {
  const directory = mkdtempSync(join(tmpdir(), 'patchway-kinds-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const write = (name: string, content: unknown) => {
    writeFileSync(join(directory, name), JSON.stringify(content));
    return join(directory, name);
  };

  beforeAll(async () => {
    await promtoolPath();
    write('rules.json', rulesFile(policy, [{ stage: staging, workloads }]));
  }, 900_000);

  it('is without faults', async () => {
    expect(await promtool(['check', 'rules', '--lint=all', '--lint-fatal', join(directory, 'rules.json')])).toMatchObject({ code: 0 });
  });

  it.each(stories.map((story) => [story.title, story] as const))('%s', async (title, { series, at }) => {
    const firing = (workload: string) => ({
      exp_labels: { team: 'shop', severity: 'warning', policy: 'storefront', stage: 'staging', namespace, workload },
      exp_annotations: {
        summary: `The rollout of ${namespace}/${workload} is stuck.`,
        description: `Workload ${namespace}/${workload} made no progress for 10m, or its last change was not acted upon. Pods of the version before go on serving.`,
        runbook_url: 'https://example.com/runbooks/PatchwayRolloutStuck.md',
      },
    });
    const file = write(`${title.replace(/\W+/g, '-')}.json`, {
      rule_files: ['rules.json'],
      evaluation_interval: '1m',
      tests: [
        {
          interval: '1m',
          input_series: series.map(([name, labels, values]) => ({
            series: `${name}{${Object.entries({ namespace, ...labels }).map(([label, value]) => `${label}=${JSON.stringify(value)}`)}}`,
            values,
          })),
          alert_rule_test: at.map(([minute, workload]) => ({
            eval_time: `${minute}m`,
            alertname: 'PatchwayRolloutStuck',
            exp_alerts: workload === undefined ? [] : [firing(workload)],
          })),
        },
      ],
    });
    const outcome = await promtool(['test', 'rules', file]);
    expect(`${outcome.stdout}${outcome.stderr}`).toContain('SUCCESS');
  });
});
