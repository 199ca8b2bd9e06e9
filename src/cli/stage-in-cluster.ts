import type { Cluster } from '../agent/kubernetes.js';
import { dig } from '../manifest/dig.js';
import { names } from '../manifest/names.js';
import type { StageConfig } from '../manifest/stage-config.js';
import type { Stage } from '../policy/policy.js';
import { PatchwayError } from '../problem.js';

/**
 * What a stage's agents are told: the configuration that the pods of its promotion mount, or of its scans.
 * @param cronJobs names of the CronJobs whose pods mount it; the first that is there counts
 * @throws where the cluster has none
 */
export async function configInCluster(
  cluster: Pick<Cluster, 'get'>,
  { name, namespace }: Pick<Stage, 'name' | 'namespace'>,
  cronJobs: readonly string[] = [names.promotion(name), names.scan(name)],
): Promise<StageConfig> {
  const missing = (what: string) =>
    new PatchwayError(
      `stage ${name}: there is no ${what} in namespace ${namespace}. Apply the stage's manifests, or choose its cluster with --context.`,
    );
  const found = await Promise.all(cronJobs.map((cronJob) => cluster.get(`/apis/batch/v1/namespaces/${namespace}/cronjobs/${cronJob}`)));
  const cronJob = found.find((each) => each !== undefined);
  if (cronJob === undefined) throw missing(`CronJob ${cronJobs.join(' or ')}`);
  const volumes = dig(cronJob, 'spec', 'jobTemplate', 'spec', 'template', 'spec', 'volumes');
  const volume = Array.isArray(volumes) ? volumes.find((each: unknown) => dig(each, 'name') === 'config') : undefined;
  const configMap = String(dig(volume, 'configMap', 'name'));
  const json = dig(await cluster.get(`/api/v1/namespaces/${namespace}/configmaps/${configMap}`), 'data', 'config.json');
  if (typeof json !== 'string') throw missing(`ConfigMap ${configMap} with the stage's configuration`);
  return JSON.parse(json) as StageConfig;
}
