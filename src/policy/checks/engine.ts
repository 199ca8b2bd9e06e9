import { ENGINES, enginesThat } from '../engines.js';
import { type Check, error } from './check.js';

/** Runs in one cluster do not reach another. */
export const engineReachesClusters: Check = ({ document: { stages, promotion }, intact }) => {
  if (!intact('promotion.engine') || ENGINES[promotion.engine].otherClusters) return [];
  const able = enginesThat(({ otherClusters }) => otherClusters);
  return stages.flatMap((stage, i) => {
    const others = stages.filter(({ name, cluster }) => stage.after.includes(name) && cluster !== stage.cluster);
    return others.map((other) =>
      error(
        `stages[${i}].cluster`,
        `'${stage.name}' is in ${clusterOf(stage)} and '${other.name}', which it comes after, in ${clusterOf(other)}: the promotion engine '${promotion.engine}' works within one cluster.`,
        `Set promotion.engine to ${able}.`,
      ),
    );
  });
};

/** What others roll out is watched from within the cluster. */
export const engineWatches: Check = ({ document: { rollout, promotion } }) => {
  if (rollout.autoRollback !== 'watch' || ENGINES[promotion.engine].watch) return [];
  const able = enginesThat(({ watch }) => watch);
  return [
    error(
      'rollout.autoRollback',
      `The promotion engine '${promotion.engine}' does not watch what others roll out.`,
      `Write true: what it deploys itself is reverted by a request. Or set promotion.engine to ${able}.`,
    ),
  ];
};

function clusterOf({ cluster }: { readonly cluster?: string }): string {
  return cluster === undefined ? "the current context's cluster" : `cluster '${cluster}'`;
}
