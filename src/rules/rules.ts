import { ownLabels } from '../manifest/labels.js';
import type { Manifest } from '../manifest/manifest.js';
import { names } from '../manifest/names.js';
import type { WorkloadSummary } from '../manifest/stage-config.js';
import { toYaml } from '../manifest/yaml.js';
import type { PolicyDocument, Stage } from '../policy/policy.js';
import type { StageRules } from './alert.js';
import { type RuleGroup, stageGroups } from './groups.js';

/** The key of the ConfigMap under which `prometheus: rules-file` finds its rules. */
export const RULES_KEY = 'patchway.rules.yaml';

/** The alerts of one stage as an object for Prometheus' operator, or as a ConfigMap that Prometheus mounts. */
export function rulesManifests(context: StageRules): readonly Manifest[] {
  const { policy, stage } = context;
  const groups = stageGroups(context);
  if (groups.length === 0) return [];
  const metadata = {
    name: names.rules(policy.name, stage.name),
    namespace: stage.namespace,
    labels: ownLabels(policy.name, stage.name, 'rules'),
  };
  return policy.monitoring.prometheus === 'operator'
    ? [{ apiVersion: 'monitoring.coreos.com/v1', kind: 'PrometheusRule', metadata, spec: { groups } }]
    : [{ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { [RULES_KEY]: toYaml([{ groups }]) } }];
}

/** The alerts of several stages as one rules file: what stands in it, as data. */
export function rulesFile(
  policy: PolicyDocument,
  stages: readonly { readonly stage: Stage; readonly workloads: readonly WorkloadSummary[] }[],
): { readonly groups: readonly RuleGroup[] } {
  return { groups: stages.flatMap((each) => stageGroups({ policy, ...each })) };
}
