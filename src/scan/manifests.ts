import type { ImageLock } from '../lock/lock.js';
import type { AgentMount } from '../manifest/agent-pod.js';
import { ownLabels } from '../manifest/labels.js';
import type { Manifest } from '../manifest/manifest.js';
import { names } from '../manifest/names.js';
import { access, type Grant, serviceAccount, workloadGrants } from '../manifest/rbac.js';
import { webhooksOf } from '../manifest/remedy.js';
import type { ScanTarget, WorkloadSummary } from '../manifest/stage-config.js';
import { scanTargets } from '../manifest/workload.js';
import type { PolicyDocument, Stage } from '../policy/policy.js';
import { badInput } from '../problem.js';
import { checkScanners } from './check.js';
import { scanCronJob } from './cron-job.js';
import { databasesCronJob } from './databases.js';
import { podScanners } from './engines.js';

/** What the scans of one stage are made of. */
export interface ScanOptions {
  readonly policy: PolicyDocument;
  readonly stage: Stage;
  /** The same workloads as in the stage's configuration: the Job's indices count their images. */
  readonly workloads: readonly WorkloadSummary[];
  readonly lock: ImageLock;
  readonly mount: AgentMount;
}

/**
 * The CronJob that scans a stage's images, its service account with just the access it needs, and an evidence ConfigMap
 * per repository, with another for its SBOMs where they are kept: without `data`, so that applying it again leaves alone what scans have stored. Nothing without images.
 * @throws PatchwayError (65) for arguments that a scanner may not be given, and where the lock names no image of a scanner
 */
export function scanManifests({ policy, stage, workloads, lock, mount }: ScanOptions): readonly Manifest[] {
  const errors = checkScanners(policy).filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw badInput(`policy ${policy.name}`, errors);
  const targets = scanTargets(workloads);
  if (targets.length === 0) return [];
  const { namespace } = stage;
  const name = names.scan(stage.name);
  const labels = ownLabels(policy.name, stage.name, 'scan');
  const kinds = [names.evidence, ...(policy.scan.sbom === true ? [names.sbom] : [])];
  const stored = kinds.flatMap((nameOf) => emptyConfigMaps(targets, nameOf, namespace, labels));
  return [
    serviceAccount(name, namespace, labels),
    ...access({
      name,
      namespace,
      labels,
      subject: { name, namespace },
      grants: grants(
        workloads.filter(({ images }) => images.length > 0),
        stored.map(({ metadata }) => metadata.name),
      ),
    }),
    ...stored,
    ...databasesManifests({ policy, stage, lock, mount }),
    scanCronJob(policy, { name, namespace, labels }, targets, lock, mount, webhooksOf(stage, workloads)),
  ];
}

/** Its account may do nothing: it only has what is in its pod. */
function databasesManifests({ policy, stage, lock, mount }: Omit<ScanOptions, 'workloads'>): readonly Manifest[] {
  if (policy.scan.cache === undefined || podScanners(policy.scan).length === 0) return [];
  const [name, { namespace }] = [names.databases(stage.name), stage];
  const labels = ownLabels(policy.name, stage.name, 'scan');
  return [serviceAccount(name, namespace, labels), databasesCronJob(policy, { name, namespace, labels }, lock, mount)];
}

/** Pods have generated names, so the agent's own cannot be named. A grant without names would hold for every object. */
function grants(workloads: readonly WorkloadSummary[], stored: readonly string[]): readonly Grant[] {
  return [
    { apiGroup: '', resource: 'configmaps', verbs: ['get', 'update'], names: stored },
    { apiGroup: '', resource: 'pods', verbs: ['get'] },
    ...workloadGrants(workloads, ['get']),
  ];
}

/** One per repository, without `data`. */
function emptyConfigMaps(
  targets: readonly ScanTarget[],
  nameOf: (repository: string) => string,
  namespace: string,
  labels: ReturnType<typeof ownLabels>,
): readonly Manifest[] {
  const repositories = new Map(targets.map(({ repository }) => [nameOf(repository), repository]));
  return [...repositories]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, repository]) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace, labels, annotations: { 'patchway.dev/repository': repository } },
    }));
}
