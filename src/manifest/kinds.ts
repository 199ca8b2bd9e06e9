/** Kinds that run containers and can be rolled. `Rollout` is Argo Rollouts'. */
export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'CronJob' | 'Rollout';

export interface KindFacts {
  readonly group: 'apps' | 'batch' | 'argoproj.io';
  readonly version: string;
  /** In the API's paths and in roles. */
  readonly plural: string;
  /** Where its pod template is. */
  readonly template: readonly string[];
}

const TEMPLATE = ['spec', 'template'] as const;

export const WORKLOAD_KINDS: Readonly<Record<WorkloadKind, KindFacts>> = {
  Deployment: { group: 'apps', version: 'v1', plural: 'deployments', template: TEMPLATE },
  StatefulSet: { group: 'apps', version: 'v1', plural: 'statefulsets', template: TEMPLATE },
  DaemonSet: { group: 'apps', version: 'v1', plural: 'daemonsets', template: TEMPLATE },
  CronJob: { group: 'batch', version: 'v1', plural: 'cronjobs', template: ['spec', 'jobTemplate', 'spec', 'template'] },
  Rollout: { group: 'argoproj.io', version: 'v1alpha1', plural: 'rollouts', template: TEMPLATE },
};

/** Kinds of Kubernetes' own that bear pods but are not rolled, with where their pod template is; a Pod is one itself. */
const OTHER_BEARERS: Readonly<Record<string, { readonly group: string; readonly template: readonly string[] }>> = {
  Job: { group: 'batch', template: TEMPLATE },
  ReplicaSet: { group: 'apps', template: TEMPLATE },
  ReplicationController: { group: '', template: TEMPLATE },
  PodTemplate: { group: '', template: ['template'] },
  Pod: { group: '', template: [] },
};

interface Typed {
  readonly apiVersion: string;
  readonly kind: string;
}

/** The kind of workload that an object is; undefined for any other object, one of another API group included. */
export function workloadKindOf({ apiVersion, kind }: Typed): WorkloadKind | undefined {
  return isWorkloadKind(kind) && groupOf(apiVersion) === WORKLOAD_KINDS[kind].group ? kind : undefined;
}

/** Where the pod template of an object is; undefined where objects of its kind bear no pods. */
export function templatePathOf({ apiVersion, kind }: Typed): readonly string[] | undefined {
  const facts = isWorkloadKind(kind) ? WORKLOAD_KINDS[kind] : Object.hasOwn(OTHER_BEARERS, kind) ? OTHER_BEARERS[kind] : undefined;
  return facts?.group === groupOf(apiVersion) ? facts.template : undefined;
}

/** Where the spec of a workload's pods is. */
export function podPathOf(workload: Typed): readonly string[] {
  return [...(templatePathOf(workload) ?? []), 'spec'];
}

/** The path of a workload in the API. */
export function workloadPath(kind: WorkloadKind, namespace: string, name: string): string {
  const { group, version, plural } = WORKLOAD_KINDS[kind];
  return `/apis/${group}/${version}/namespaces/${namespace}/${plural}/${name}`;
}

function isWorkloadKind(kind: string): kind is WorkloadKind {
  return Object.hasOwn(WORKLOAD_KINDS, kind);
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
}
