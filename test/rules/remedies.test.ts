import { describe, expect, it } from 'vitest';
import { type AlertingRule, stageGroups } from '../../src/rules/groups.js';
import { remedyLabel, remedySentence } from '../../src/rules/remedies.js';
import { api, policy, staging, web } from './storefront.js';

const rebuilt = { ...web, remedy: 'rebuild' } as const;
const patched = { ...api, remedy: 'copa' } as const;

describe('what a red verdict asks for, in an alert', () => {
  it('is a plain text where all workloads ask for the same default', () => {
    expect(remedyLabel({ workloads: [web, { ...api, remedy: 'update' }] })).toEqual({ remedy: 'update' });
    expect(remedySentence({ workloads: [web] })).toBe('Take a newer tag of the image.');
  });

  it('depends on the workload otherwise', () => {
    expect(remedyLabel({ workloads: [rebuilt, patched, { ...web, name: 'worker' }, { ...rebuilt, name: 'cron' }] })).toEqual({
      remedy: '{{ if eq $labels.workload "web" "cron" }}rebuild{{ else if eq $labels.workload "api" }}copa{{ else }}update{{ end }}',
    });
    expect(remedySentence({ workloads: [patched] })).toBe(
      '{{ if eq $labels.workload "api" }}Patch the image with Copa.{{ else }}Take a newer tag of the image.{{ end }}',
    );
  });

  it.each(['PatchwayFindingOverdue', 'PatchwayExploitedFindingOpen'])('is a label and a sentence of %s', (name) => {
    const rules = stageGroups({ policy, stage: staging, workloads: [rebuilt] }).flatMap((group) => group.rules);
    const alert = rules.find((rule): rule is AlertingRule => 'alert' in rule && rule.alert === name);
    expect(alert?.labels.remedy).toMatch(/^\{\{ if eq \$labels\.workload "web" \}\}rebuild/);
    expect(alert?.annotations.description).toContain('Build the image again on a fixed base.');
    expect(rules.filter((rule) => 'alert' in rule && 'remedy' in rule.labels)).toHaveLength(2);
  });
});
