import { type AgentMount, agentContainer, agentPod } from '../manifest/agent-pod.js';
import { ownLabels } from '../manifest/labels.js';
import type { Manifest } from '../manifest/manifest.js';
import { names } from '../manifest/names.js';
import { access, type Grant, role, serviceAccount, workloadGrants } from '../manifest/rbac.js';
import type { WorkloadSummary } from '../manifest/stage-config.js';
import { ENGINES } from '../policy/engines.js';
import { hasPromotion } from '../policy/has-promotion.js';
import type { PolicyDocument, Stage } from '../policy/policy.js';
import type { PromotionEngine, PromotionOptions } from './engine.js';
import { turnsOf } from './order.js';
import { runSeconds } from './run.js';
import { verificationsOf } from './verification.js';

/** Promotion by a CronJob in the stage's own namespace: no controller to install. */
export const jobs: PromotionEngine = {
  name: 'jobs',
  capabilities: ENGINES.jobs,
  manifests: promotionManifests,
};

/**
 * The CronJob that promotes to a stage, its service account with access to what its steps need and nothing else, the
 * Lease that lets one promoter work at a time, and the ConfigMaps for its state and for what people decide: all without
 * contents, so that applying them again leaves alone what is stored. The access to each stage before is a Role in that stage's namespace.
 * Nothing for a stage without images, or for one that comes after none, unless it is watched.
 */
export function promotionManifests({ policy, stage, workloads, mount }: PromotionOptions): readonly Manifest[] {
  const promoted = workloads.filter(({ images }) => images.length > 0);
  if (!hasPromotion(policy, stage) || promoted.length === 0) return [];
  const { namespace } = stage;
  const name = names.promotion(stage.name);
  const labels = ownLabels(policy.name, stage.name, 'promotion');
  const metadata = { name, namespace, labels };
  const before = policy.stages.filter((other) => stage.after.includes(other.name));
  const subject = { name, namespace };
  return [
    serviceAccount(name, namespace, labels),
    ...access({ name, namespace, labels, subject, grants: ownGrants({ policy, stage }, promoted) }),
    ...before.flatMap((other) => access({ name, namespace: other.namespace, labels, subject, grants: readGrants(promoted) })),
    { apiVersion: 'v1', kind: 'ConfigMap', metadata },
    ...(stage.after.length === 0 ? [] : people(stage, labels)),
    { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata },
    cronJob(runSeconds(policy.rollout, stage, turnsOf(promoted).length), policy, metadata, mount),
  ];
}

/** Where people approve and freeze, without contents, and a Role to do it, which nobody has until it is bound to them. */
function people({ name, namespace }: Stage, labels: ReturnType<typeof ownLabels>): readonly Manifest[] {
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: names.approvals(name), namespace, labels } };
  const grants: readonly Grant[] = [
    { apiGroup: '', resource: 'configmaps', verbs: ['get', 'update'], names: [names.approvals(name)] },
    { apiGroup: '', resource: 'configmaps', verbs: ['get'], names: [names.promotion(name)] },
  ];
  return [configMap, role({ name: names.approvers(name), namespace, labels, grants })];
}

function ownGrants({ policy, stage }: Pick<PromotionOptions, 'policy' | 'stage'>, workloads: readonly WorkloadSummary[]): readonly Grant[] {
  const name = names.promotion(stage.name);
  const guard: Grant = { apiGroup: '', resource: 'serviceaccounts', verbs: ['get', 'patch', 'promote'], names: [names.guard(stage.name)] };
  return [
    ...workloadGrants(workloads, ['get', 'patch']),
    ...podGrants(workloads, stage),
    ...verificationGrants({ policy, stage, workloads }),
    { apiGroup: '', resource: 'configmaps', verbs: ['get', 'update'], names: [name] },
    ...(stage.after.length === 0 ? [] : evidenceGrants(workloads, [names.approvals(stage.name)])),
    // What the guard counts as promoted is written by whoever may `promote`.
    ...(policy.promotion.guard === false ? [] : [guard]),
    { apiGroup: 'coordination.k8s.io', resource: 'leases', verbs: ['get', 'update'], names: [name] },
    { apiGroup: '', resource: 'events', verbs: ['create'] },
  ];
}

function readGrants(workloads: readonly WorkloadSummary[]): readonly Grant[] {
  return [...workloadGrants(workloads, ['get']), ...evidenceGrants(workloads)];
}

/** Pods of StatefulSets, which have names: one that is broken has to go before the old images come back. */
function podGrants(workloads: readonly WorkloadSummary[], stage: Stage): readonly Grant[] {
  const pods = workloads.flatMap(({ kind, name, replicas = 1 }) =>
    kind === 'StatefulSet' ? Array.from({ length: stage.replicas ?? replicas }, (_, index) => `${name}-${index}`) : [],
  );
  return pods.length === 0 ? [] : [{ apiGroup: '', resource: 'pods', verbs: ['get', 'delete'], names: pods }];
}

/** Each run of a verifying Job has a name of its own, which a Role cannot know: the guard says what such a Job may be. */
function verificationGrants(options: Pick<PromotionOptions, 'policy' | 'stage' | 'workloads'>): readonly Grant[] {
  const jobs = Object.values(verificationsOf(options)).some(({ kind }) => kind === 'job');
  return jobs ? [{ apiGroup: 'batch', resource: 'jobs', verbs: ['create', 'get'] }] : [];
}

function evidenceGrants(workloads: readonly WorkloadSummary[], more: readonly string[] = []): readonly Grant[] {
  const evidence = new Set(workloads.flatMap(({ images }) => images.map(({ repository }) => names.evidence(repository))));
  return [{ apiGroup: '', resource: 'configmaps', verbs: ['get'], names: [...more, ...[...evidence].sort()] }];
}

/** Runs never overlap; one that is due while the last is at work, or the control plane is away, starts up to an hour late. */
const STARTING_DEADLINE = 3600;

/** A killed or evicted pod, or an API server that was away for a moment: the same Job goes on with what it began. */
const RETRIES = 3;

function cronJob(
  seconds: number,
  policy: PolicyDocument,
  metadata: Required<Pick<Manifest['metadata'], 'name' | 'namespace' | 'labels'>>,
  mount: AgentMount,
): Manifest {
  const { labels } = metadata;
  const container = agentContainer(mount, {
    command: 'promote',
    resources: { requests: { cpu: '20m', memory: '64Mi' }, limits: { memory: '256Mi' } },
    // All pods of a Job are one holder of the Lease: a new one takes it over from the one that was killed.
    env: [{ name: 'PATCHWAY_RUN', valueFrom: { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/job-name']" } } }],
  });
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata,
    spec: {
      schedule: policy.promotion.schedule,
      timeZone: policy.timeZone,
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds: STARTING_DEADLINE,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 3,
      jobTemplate: {
        metadata: { labels },
        spec: {
          backoffLimit: RETRIES,
          // Not before the old pod is gone for sure: two pods of one Job would share the Lease.
          podReplacementPolicy: 'Failed',
          activeDeadlineSeconds: 2 * seconds,
          template: {
            metadata: { labels },
            spec: agentPod(mount, metadata.name, {
              restartPolicy: 'Never',
              activeDeadlineSeconds: seconds,
              terminationGracePeriodSeconds: 10,
              containers: [container],
            }),
          },
        },
      },
    },
  };
}
