import { ownLabels } from '../manifest/labels.js';
import type { Manifest } from '../manifest/manifest.js';
import { names } from '../manifest/names.js';
import type { WorkloadSummary } from '../manifest/stage-config.js';
import { toYaml } from '../manifest/yaml.js';
import type { PolicyDocument, Stage } from '../policy/policy.js';
import type { StageRules } from './alert.js';
import { type RuleGroup, stageGroups } from './groups.js';

/** The key of the ConfigMap that holds the rules, but for Prometheus' operator. */
export const RULES_KEY = 'patchway.rules.yaml';

/** The alerts of one stage as an object for Prometheus' operator, or as a ConfigMap that Prometheus or a ruler mounts. */
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
    : [{ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { [RULES_KEY]: toYaml([inFormat(policy, groups)]) } }];
}

/** The alerts of several stages as one rules file: what stands in it, as data. */
export function rulesFile(
  policy: PolicyDocument,
  stages: readonly { readonly stage: Stage; readonly workloads: readonly WorkloadSummary[] }[],
): RulesFile {
  const groups = stages.flatMap((each) => stageGroups({ policy, ...each }));
  return inFormat(policy, groups);
}

/** A rules file as Prometheus and the rulers read it. */
export interface RulesFile {
  /** Mimir's: groups are told apart, and replaced together, by it. */
  readonly namespace?: string;
  readonly groups: readonly RuleGroup[];
}

/** Thanos' own field is in the groups; its files have none beside. */
function inFormat({ name, monitoring }: PolicyDocument, groups: readonly RuleGroup[]): RulesFile {
  return monitoring.prometheus === 'mimir' ? { namespace: `patchway-${name}`, groups } : { groups };
}
