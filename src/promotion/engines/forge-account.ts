import { ownLabels } from '../../manifest/labels.js';
import type { Manifest } from '../../manifest/manifest.js';
import { names } from '../../manifest/names.js';
import { access, type Grant, serviceAccount, workloadGrants } from '../../manifest/rbac.js';
import type { WorkloadSummary } from '../../manifest/stage-config.js';
import type { Stage } from '../../policy/policy.js';
import type { PromotionOptions } from '../engine.js';

/**
 * The accounts that a forge's workflows look at a stage as: its own, and those of the stages after it that are in the same
 * cluster. They may read what the stage runs and its evidence, the own one also what its agents are told, and may change
 * nothing. Nothing for a stage without images, or that no promotion looks at.
 */
export function forgeAccount({ policy, stage, workloads, mount }: PromotionOptions): readonly Manifest[] {
  const promoted = workloads.filter(({ images }) => images.length > 0);
  if (promoted.length === 0) return [];
  const { namespace } = stage;
  const labels = ownLabels(policy.name, stage.name, 'promotion');
  const followers = policy.stages.filter(({ after }) => after.includes(stage.name));
  // In another cluster, a stage is looked at as its own account.
  const isRead = stage.after.length > 0 || followers.some(({ cluster }) => cluster !== stage.cluster);
  const own = { name: names.forge(stage.name), namespace };
  const readers = followers.filter(({ cluster }) => cluster === stage.cluster);
  return [
    ...(isRead
      ? [
          serviceAccount(own.name, namespace, labels),
          ...access({ ...own, labels, subject: own, grants: [...reading(promoted), ...toldGrants(stage, mount.config)] }),
        ]
      : []),
    ...readers.flatMap((reader) => {
      const subject = { name: names.forge(reader.name), namespace: reader.namespace };
      return access({ name: subject.name, namespace, labels, subject, grants: reading(promoted) });
    }),
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
