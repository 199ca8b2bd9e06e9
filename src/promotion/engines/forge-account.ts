import { ownLabels } from '../../manifest/labels.js';
import type { Manifest } from '../../manifest/manifest.js';
import { names } from '../../manifest/names.js';
import { access, type Grant, serviceAccount, workloadGrants } from '../../manifest/rbac.js';
import type { WorkloadSummary } from '../../manifest/stage-config.js';
import type { Stage } from '../../policy/policy.js';
import type { PromotionOptions } from '../engine.js';

/**
 * The account that a forge's workflows look at a stage as: it may read what the stage runs, its evidence and what its
 * agents are told, there and in the stages before that are in the same cluster, and may change nothing. A stage of
 * another cluster is looked at as its own account. Nothing for a stage without images, or that no promotion looks at.
 */
export function forgeAccount({ policy, stage, workloads, mount }: PromotionOptions): readonly Manifest[] {
  const promoted = workloads.filter(({ images }) => images.length > 0);
  const followed = policy.stages.some(({ after, cluster }) => after.includes(stage.name) && cluster !== stage.cluster);
  if (promoted.length === 0 || (stage.after.length === 0 && !followed)) return [];
  const { namespace } = stage;
  const name = names.forge(stage.name);
  const labels = ownLabels(policy.name, stage.name, 'promotion');
  const subject = { name, namespace };
  const before = policy.stages.filter((other) => stage.after.includes(other.name) && other.cluster === stage.cluster);
  return [
    serviceAccount(name, namespace, labels),
    ...access({ name, namespace, labels, subject, grants: [...reading(promoted), ...toldGrants(stage, mount.config)] }),
    ...before.flatMap((other) => access({ name, namespace: other.namespace, labels, subject, grants: reading(promoted) })),
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
