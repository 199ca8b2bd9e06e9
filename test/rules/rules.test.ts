import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ALERT_NAMES } from '../../src/policy/alerts.js';
import type { PolicyDocument } from '../../src/policy/policy.js';
import { type AlertingRule, type RecordingRule, type RuleGroup, stageGroups } from '../../src/rules/groups.js';
import { rulesFile, rulesManifests } from '../../src/rules/rules.js';
import { syntaxErrors } from '../promql/syntax.js';
import { accepting, api, policy, production, staging, web, windowed } from './storefront.js';

const RUNBOOKS = new URL('../../docs/runbooks/', import.meta.url);

const withMonitoring = (monitoring: Partial<PolicyDocument['monitoring']>): PolicyDocument => ({
  ...policy,
  monitoring: { ...policy.monitoring, ...monitoring },
});
const alerts = (groups: readonly RuleGroup[]) => groups.flatMap((g) => g.rules.filter((r): r is AlertingRule => 'alert' in r));
const records = (groups: readonly RuleGroup[]) => groups.flatMap((g) => g.rules.filter((r): r is RecordingRule => 'record' in r));
const groups = stageGroups({ policy, stage: staging, workloads: [web, api] });
/** Of a stage in which everything may happen. */
const productionGroups = stageGroups({ policy: accepting, stage: windowed, workloads: [web, api] });
const everyAlert = [...new Map([...alerts(groups), ...alerts(productionGroups)].map((rule) => [rule.alert, rule])).values()];
const alert = (name: string, of: readonly RuleGroup[] = groups) => {
  const found = alerts(of).find((a) => a.alert === name);
  if (found === undefined) throw new Error(`no alert ${name}`);
  return found;
};
const SCOPE = 'policy="storefront",stage="staging",namespace="storefront-staging"';
const ON = 'policy, stage, namespace, workload';

describe('rules of a stage', () => {
  it('are grouped by topic', () => {
    expect(productionGroups.map((g) => [g.name.replace('patchway-storefront-production-', ''), alerts([g]).map((a) => a.alert)])).toEqual([
      ['workloads', []],
      ['levels', []],
      ['scans', ['PatchwayScanMissing', 'PatchwayScanFailing', 'PatchwayScanSlow', 'PatchwayDatabaseStale']],
      [
        'findings',
        [
          'PatchwayFindingOverdue',
          'PatchwayFindingDueSoon',
          'PatchwayFindingDueLater',
          'PatchwayExploitedFindingOpen',
          'PatchwayEndOfLife',
        ],
      ],
      [
        'rollouts',
        [
          'PatchwayRolloutStuck',
          'PatchwayWorkloadUnavailable',
          'PatchwayReplicasMissing',
          'PatchwayWorkloadBelowBudget',
          'PatchwayRolledBack',
        ],
      ],
      [
        'promotion',
        ['PatchwayPromotionBlocked', 'PatchwaySoakRestarting', 'PatchwayApprovalWaiting', 'PatchwayWindowMissed', 'PatchwayStageBehind'],
      ],
      ['images', ['PatchwayDrift', 'PatchwayImageOld', 'PatchwayMutableTag', 'PatchwayBaseBehind']],
      ['exceptions', ['PatchwayExceptionExpiring', 'PatchwayExceptionExpired', 'PatchwayExceptionUnused']],
      ['guard', ['PatchwayBreakGlass']],
      ['objectives', ['PatchwayDeadlinesMissedFast', 'PatchwayDeadlinesMissedSlowly']],
      ['patchway', ['PatchwayMetricsAbsent', 'PatchwayAgentFailing']],
    ]);
    const first = alerts(groups).map((a) => a.alert);
    expect(first).toContain('PatchwayGateClosed');
    expect(first.filter((name) => /Promotion|Soak|Approval|Window|StageBehind|RolledBack|Exception|Deadlines|Agent/.test(name))).toEqual(
      [],
    );
    expect([...new Set([...first, ...alerts(productionGroups).map((a) => a.alert)])].sort()).toEqual([...ALERT_NAMES].sort());
  });

  it('name every workload, whether or not anything is known of it', () => {
    expect(records(groups).filter(({ record }) => record === 'patchway:workload_info')).toEqual(
      ['web', 'api'].map((workload) => ({
        record: 'patchway:workload_info',
        expr: 'vector(1)',
        labels: { policy: 'storefront', stage: 'staging', namespace: 'storefront-staging', workload },
      })),
    );
  });

  it.each(everyAlert.map((a) => [a.alert, a] as const))('%s is PromQL of its stage, routed and explained', (name, rule) => {
    expect(syntaxErrors(rule.expr)).toEqual([]);
    expect(rule.expr).toContain(`namespace="${rule.labels.namespace}"`);
    expect(rule.labels).toMatchObject({ team: 'shop', policy: 'storefront' });
    expect([
      ['staging', 'storefront-staging'],
      ['production', 'storefront'],
    ]).toContainEqual([rule.labels.stage, rule.labels.namespace]);
    expect(['critical', 'warning', 'info']).toContain(rule.labels.severity);
    expect(rule.annotations.runbook_url).toBe(`https://example.com/runbooks/${name}.md`);
    expect(rule.annotations.summary).toMatch(/\.$/);
    expect(rule.annotations.description).toMatch(/storefront|\$labels\.workload/);
  });

  it('have a runbook each, and no runbook is left over', () => {
    const pages = readdirSync(RUNBOOKS).filter((f) => f.startsWith('Patchway'));
    expect(pages.sort()).toEqual(ALERT_NAMES.map((name) => `${name}.md`).sort());
    const list = readFileSync(new URL('README.md', RUNBOOKS), 'utf8');
    const guide = readFileSync(new URL('../monitoring.md', RUNBOOKS), 'utf8');
    for (const page of pages) expect([list, guide].every((text) => text.includes(`${page})`))).toBe(true);
    for (const page of pages) expect(readFileSync(new URL(page, RUNBOOKS), 'utf8')).toContain(`# ${page.replace('.md', '')}\n`);
  });

  it('are none for a stage without workloads, as an absent metric means nothing there', () => {
    expect(stageGroups({ policy, stage: staging, workloads: [] })).toEqual([]);
    expect(rulesManifests({ policy, stage: staging, workloads: [] })).toEqual([]);
  });

  it('ask only kube-state-metrics where there is no exporter', () => {
    const without = stageGroups({ policy: withMonitoring({ exporter: false }), stage: staging, workloads: [web] });
    expect(alerts(without).map((a) => a.alert)).toEqual([
      'PatchwayScanFailing',
      'PatchwayScanSlow',
      'PatchwayRolloutStuck',
      'PatchwayWorkloadUnavailable',
      'PatchwayReplicasMissing',
      'PatchwayWorkloadBelowBudget',
    ]);
    expect(
      alerts(without)
        .map((a) => a.expr)
        .join('\n'),
    ).not.toContain('patchway_');
  });

  it('keep their own labels where a user writes the same', () => {
    const rules = stageGroups({ policy: withMonitoring({ labels: { stage: 'x', severity: 'none' } }), stage: staging, workloads: [web] });
    expect(alert('PatchwayFindingOverdue', rules).labels).toMatchObject({ stage: 'staging', severity: 'critical' });
  });
});

describe('what a policy says of alerts', () => {
  const rulesOf = (monitoring: Partial<PolicyDocument['monitoring']>) =>
    stageGroups({ policy: withMonitoring(monitoring), stage: staging, workloads: [web, api] });

  it('leaves out those that it disables, and their topic where none is left', () => {
    const rules = rulesOf({ disable: ['PatchwayGateClosed', 'PatchwayDrift'] });
    expect(alerts(groups).length - alerts(rules).length).toBe(2);
    expect(rules.map(({ name }) => name)).not.toContain('patchway-storefront-staging-gate');
    expect(rules.map(({ name }) => name)).toContain('patchway-storefront-staging-images');
  });

  it('gives severities its own words', () => {
    const rules = rulesOf({ severities: { critical: 'page', info: 'none' } });
    expect(alert('PatchwayFindingOverdue', rules).labels.severity).toBe('page');
    expect(alert('PatchwayScanMissing', rules).labels.severity).toBe('warning');
    expect(alert('PatchwayImageOld', rules).labels.severity).toBe('none');
  });

  it('changes single ones, and nothing else', () => {
    const different = {
      severity: 'page',
      for: 7_200_000,
      labels: { team: 'platform', pager: 'yes', stage: 'x' },
      summary: 'Drift.',
      description: 'Somebody was here.',
      runbookUrl: 'https://wiki.example.com/drift',
    };
    const rules = rulesOf({ severities: { warning: 'ticket' }, override: { PatchwayDrift: different } });
    expect(alert('PatchwayDrift', rules)).toEqual({
      alert: 'PatchwayDrift',
      expr: alert('PatchwayDrift').expr,
      for: '2h',
      labels: { team: 'platform', pager: 'yes', severity: 'page', policy: 'storefront', stage: 'staging', namespace: 'storefront-staging' },
      annotations: { summary: 'Drift.', description: 'Somebody was here.', runbook_url: 'https://wiki.example.com/drift' },
    });
    expect(alert('PatchwayMutableTag', rules)).toEqual({
      ...alert('PatchwayMutableTag'),
      labels: { ...alert('PatchwayMutableTag').labels, severity: 'ticket' },
    });
  });

  it('has an alert fire at once where it is to wait for nothing', () => {
    expect(alert('PatchwayDrift', rulesOf({ override: { PatchwayDrift: { for: 0 } } }))).not.toHaveProperty('for');
  });
});

describe('alerts', () => {
  it('PatchwayScanMissing measures by maxEvidenceAge, and needs no exporter to know its workloads', () => {
    expect(alert('PatchwayScanMissing')).toMatchObject({
      expr: `patchway:workload_info{${SCOPE}} unless on(${ON}) ((time() - max by (${ON}) (patchway_scan_last_success_timestamp_seconds{${SCOPE}})) < 129600)`,
      for: '30m',
      labels: { severity: 'warning' },
    });
    expect(alert('PatchwayScanMissing').annotations.description).toContain('36h');
    expect(alert('PatchwayScanMissing').annotations.description).toContain('nothing of it is promoted');
  });

  it('PatchwayScanMissing says what a missing verdict means under onMissingEvidence: warn', () => {
    const rules = stageGroups({
      policy: { ...policy, gate: { ...policy.gate, onMissingEvidence: 'warn' } },
      stage: staging,
      workloads: [web],
    });
    expect(alert('PatchwayScanMissing', rules).annotations.description).toContain('promoted without a verdict');
  });

  it('PatchwayScanFailing waits for the second try', () => {
    const { expr, for: wait } = alert('PatchwayScanFailing');
    expect(wait).toBe('15m');
    expect(expr).toContain(`(max by (${ON}) (patchway_scan_incomplete{${SCOPE}}) == 1) or (`);
    expect(expr).toContain('owner_kind="CronJob",owner_name="patchway-scan-staging"');
  });

  it('PatchwayFindingOverdue fires from the deadline on and outlives a failed scrape', () => {
    expect(alert('PatchwayFindingOverdue')).toMatchObject({
      expr: `(time() - min by (${ON}) (patchway_gate_closes_timestamp_seconds{${SCOPE}})) >= 0`,
      keep_firing_for: '15m',
      labels: { severity: 'critical' },
    });
    expect(alert('PatchwayFindingOverdue')).not.toHaveProperty('for');
  });

  it('PatchwayExploitedFindingOpen names the deadline of the policy, where it has one', () => {
    expect(alert('PatchwayExploitedFindingOpen').expr).toBe(`max by (${ON}) (patchway_findings_exploited{${SCOPE}}) > 0`);
    expect(alert('PatchwayExploitedFindingOpen').annotations.description).toContain('allows 1d');
    const { exploited: _, ...gate } = policy.gate;
    const rules = stageGroups({ policy: { ...policy, gate }, stage: staging, workloads: [web] });
    expect(alert('PatchwayExploitedFindingOpen', rules).annotations.description).not.toContain('allows');
  });

  it('PatchwayRolloutStuck concerns the workloads of the policy alone', () => {
    expect(alert('PatchwayRolloutStuck').expr).toMatch(/ and on\(namespace, workload\) patchway:workload_info\{/);
    expect(alert('PatchwayRolloutStuck').annotations.description).toContain('no progress for 10m');
  });

  it('PatchwayWorkloadBelowBudget waits as long as a rollout may, and is left out without a budget', () => {
    expect(alert('PatchwayWorkloadBelowBudget').for).toBe('10m');
    const rollout = { ...policy.rollout, disruptionBudget: 'none' } as const;
    const rules = stageGroups({ policy: { ...policy, rollout }, stage: staging, workloads: [web] });
    expect(alerts(rules).map((a) => a.alert)).not.toContain('PatchwayWorkloadBelowBudget');
  });

  it('PatchwayMetricsAbsent is about its own stage', () => {
    const rules = stageGroups({ policy, stage: production, workloads: [web] });
    expect(alert('PatchwayMetricsAbsent', rules).expr).toBe(
      'absent(patchway_workload_info{policy="storefront",stage="production",namespace="storefront"})',
    );
  });
});

describe('what is written', () => {
  it('is a PrometheusRule for the operator', () => {
    expect(rulesManifests({ policy, stage: staging, workloads: [web, api] })).toEqual([
      {
        apiVersion: 'monitoring.coreos.com/v1',
        kind: 'PrometheusRule',
        metadata: {
          name: 'patchway-rules-storefront-staging',
          namespace: 'storefront-staging',
          labels: expect.objectContaining({ 'app.kubernetes.io/name': 'patchway-rules', 'patchway.dev/stage': 'staging' }),
        },
        spec: { groups },
      },
    ]);
  });

  it('is a ConfigMap with a rules file otherwise', () => {
    const [manifest, ...more] = rulesManifests({
      policy: withMonitoring({ prometheus: 'rules-file' }),
      stage: staging,
      workloads: [web, api],
    });
    expect(more).toEqual([]);
    expect(manifest).toMatchObject({ kind: 'ConfigMap', metadata: { name: 'patchway-rules-storefront-staging' } });
    const data = manifest?.data as Record<string, string>;
    expect(Object.keys(data)).toEqual(['patchway.rules.yaml']);
    expect(parse(data['patchway.rules.yaml'] ?? '')).toEqual({ groups });
  });

  it('is a file of groups in a namespace for Mimir', () => {
    const mimir = withMonitoring({ prometheus: 'mimir' });
    const file = rulesFile(mimir, [{ stage: staging, workloads: [web, api] }]);
    expect(file).toEqual({ namespace: 'patchway-storefront', groups });
    const [configMap] = rulesManifests({ policy: mimir, stage: staging, workloads: [web, api] });
    expect(parse(configMap === undefined ? '' : ((configMap.data as Record<string, string>)['patchway.rules.yaml'] ?? ''))).toEqual(file);
  });

  it('has Thanos refuse answers that lack a part', () => {
    const file = rulesFile(withMonitoring({ prometheus: 'thanos' }), [{ stage: staging, workloads: [web, api] }]);
    expect(file).toEqual({ groups: groups.map((group) => ({ ...group, partial_response_strategy: 'abort' })) });
  });

  it('is one file for several stages, with group names that do not clash', () => {
    const file = rulesFile(policy, [
      { stage: staging, workloads: [web] },
      { stage: production, workloads: [web] },
    ]);
    const names = file.groups.map((g) => g.name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => name.endsWith('-workloads'))).toEqual([
      'patchway-storefront-staging-workloads',
      'patchway-storefront-production-workloads',
    ]);
  });
});
