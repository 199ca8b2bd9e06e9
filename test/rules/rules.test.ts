import { existsSync, readdirSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { PolicyDocument } from '../../src/policy/policy.js';
import { type AlertingRule, type RecordingRule, type RuleGroup, stageGroups } from '../../src/rules/groups.js';
import { rulesFile, rulesManifests } from '../../src/rules/rules.js';
import { syntaxErrors } from '../promql/syntax.js';
import { api, policy, production, staging, web } from './storefront.js';

const RUNBOOKS = new URL('../../docs/runbooks/', import.meta.url);

const withMonitoring = (monitoring: Partial<PolicyDocument['monitoring']>): PolicyDocument => ({
  ...policy,
  monitoring: { ...policy.monitoring, ...monitoring },
});
const alerts = (groups: readonly RuleGroup[]) => groups.flatMap((g) => g.rules.filter((r): r is AlertingRule => 'alert' in r));
const records = (groups: readonly RuleGroup[]) => groups.flatMap((g) => g.rules.filter((r): r is RecordingRule => 'record' in r));
const groups = stageGroups({ policy, stage: staging, workloads: [web, api] });
const alert = (name: string, of: readonly RuleGroup[] = groups) => {
  const found = alerts(of).find((a) => a.alert === name);
  if (found === undefined) throw new Error(`no alert ${name}`);
  return found;
};
const SCOPE = 'policy="storefront",stage="staging",namespace="storefront-staging"';
const ON = 'policy, stage, namespace, workload';

describe('rules of a stage', () => {
  it('are grouped by topic', () => {
    expect(groups.map((g) => [g.name, g.rules.map((r) => ('alert' in r ? r.alert : r.record))])).toEqual([
      ['patchway-storefront-staging-workloads', ['patchway:workload_info', 'patchway:workload_info']],
      ['patchway-storefront-staging-scans', ['PatchwayScanMissing', 'PatchwayScanFailing', 'PatchwayMetricsAbsent']],
      ['patchway-storefront-staging-findings', ['PatchwayFindingOverdue', 'PatchwayExploitedFindingOpen', 'PatchwayBaseBehind']],
      ['patchway-storefront-staging-guard', ['PatchwayBreakGlass']],
      ['patchway-storefront-staging-rollouts', ['PatchwayRolloutStuck', 'PatchwayWorkloadBelowBudget']],
    ]);
  });

  it('name every workload, whether or not anything is known of it', () => {
    expect(records(groups)).toEqual(
      ['web', 'api'].map((workload) => ({
        record: 'patchway:workload_info',
        expr: 'vector(1)',
        labels: { policy: 'storefront', stage: 'staging', namespace: 'storefront-staging', workload },
      })),
    );
  });

  it.each(alerts(groups).map((a) => [a.alert, a] as const))('%s is PromQL of its stage, routed and explained', (name, rule) => {
    expect(syntaxErrors(rule.expr)).toEqual([]);
    expect(rule.expr).toContain('namespace="storefront-staging"');
    expect(rule.labels).toMatchObject({ team: 'shop', policy: 'storefront', stage: 'staging', namespace: 'storefront-staging' });
    expect(['critical', 'warning']).toContain(rule.labels.severity);
    expect(rule.annotations.runbook_url).toBe(`https://example.com/runbooks/${name}.md`);
    expect(rule.annotations.summary).toMatch(/\.$/);
    expect(rule.annotations.description).toMatch(/storefront-staging|\$labels\.workload/);
  });

  it('have a runbook each, and no runbook is left over', () => {
    const pages = readdirSync(RUNBOOKS).filter((f) => f.startsWith('Patchway'));
    expect(pages.sort()).toEqual(
      alerts(groups)
        .map((a) => `${a.alert}.md`)
        .sort(),
    );
    for (const page of pages) expect(readFileSync(new URL(page, RUNBOOKS), 'utf8')).toContain(`# ${page.replace('.md', '')}\n`);
    expect(existsSync(new URL('../monitoring.md', RUNBOOKS))).toBe(true);
  });

  it('are none for a stage without workloads, as an absent metric means nothing there', () => {
    expect(stageGroups({ policy, stage: staging, workloads: [] })).toEqual([]);
    expect(rulesManifests({ policy, stage: staging, workloads: [] })).toEqual([]);
  });

  it('ask only kube-state-metrics where there is no exporter', () => {
    const without = stageGroups({ policy: withMonitoring({ exporter: false }), stage: staging, workloads: [web] });
    expect(alerts(without).map((a) => a.alert)).toEqual(['PatchwayScanFailing', 'PatchwayRolloutStuck', 'PatchwayWorkloadBelowBudget']);
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

  it('is one file for several stages, with group names that do not clash', () => {
    const file = rulesFile(policy, [
      { stage: staging, workloads: [web] },
      { stage: production, workloads: [web] },
    ]);
    const names = file.groups.map((g) => g.name);
    expect(new Set(names).size).toBe(10);
    expect(names[5]).toBe('patchway-storefront-production-workloads');
  });
});
