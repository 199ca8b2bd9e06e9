import { ownLabels } from '../../manifest/labels.js';
import type { Manifest } from '../../manifest/manifest.js';
import { names } from '../../manifest/names.js';
import { access, type Grant, serviceAccount, workloadGrants } from '../../manifest/rbac.js';
import type { WorkloadSummary } from '../../manifest/stage-config.js';
import type { Stage } from '../../policy/policy.js';
import type { PromotionOptions } from '../engine.js';

/**
 * The account that a forge's workflows look at a cluster as: `patchway-forge-<stage>` of the policy's last stage there. In
 * each stage of that cluster it may read what the stage runs, its evidence and what its agents are told, and may change
 * nothing. Nothing for a stage without images.
 */
export function forgeAccount({ policy, stage, workloads, mount }: PromotionOptions): readonly Manifest[] {
  const promoted = workloads.filter(({ images }) => images.length > 0);
  if (promoted.length === 0) return [];
  const { namespace } = stage;
  const reader = policy.stages.findLast(({ cluster }) => cluster === stage.cluster) ?? stage;
  const labels = ownLabels(policy.name, stage.name, 'promotion');
  const subject = { name: names.forge(reader.name), namespace: reader.namespace };
  return [
    ...(reader.name === stage.name ? [serviceAccount(subject.name, namespace, labels)] : []),
    ...access({ name: subject.name, namespace, labels, subject, grants: [...reading(promoted), ...toldGrants(stage, mount.config)] }),
  ];
}

function reading(workloads: readonly WorkloadSummary[]): readonly Grant[] {
  const evidence = new Set(workloads.flatMap(({ images }) => images.map(({ repository }) => names.evidence(repository))));
  return [...workloadGrants(workloads, ['get']), { apiGroup: '', resource: 'configmaps', verbs: ['get'], names: [...evidence].sort() }];
}

/** What the stage's agents are told, found as those of its scans find it. */
function toldGrants({ name }: Stage, config: string): readonly Grant[] {
  return [
    { apiGroup: 'batch', resource: 'cronjobs', verbs: ['get'], names: [names.promotion(name), names.scan(name)] },
    { apiGroup: '', resource: 'configmaps', verbs: ['get'], names: [config] },
  ];
}
