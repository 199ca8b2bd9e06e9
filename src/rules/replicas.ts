import type { WorkloadKind } from '../manifest/kinds.js';
import { aggregate, copyLabel, type Expression, or } from '../promql.js';
import { kubeState, type StageRules } from './alert.js';
import { type InputSeries, type Scene, sceneOf } from './rule-test.js';

/** What tells a workload from every other by kube-state-metrics' labels. */
export const BY_NAME = ['namespace', 'workload'] as const;

/** How many pods workloads have ready for use, and how many they should have; undefined where no kind of the stage has such numbers. */
export function replicasOf(context: StageRules): { readonly available: Expression; readonly desired: Expression } | undefined {
  const kinds = kindsOf(context);
  if (kinds.length === 0) return undefined;
  const all = (which: 'available' | 'desired') =>
    aggregate(
      'max',
      BY_NAME,
      kinds.map((kind) => copyLabel(kubeState(context, kind[which]), kind.label, 'workload')).reduce((some, more) => or(some, more)),
    );
  return { available: all('available'), desired: all('desired') };
}

/** Makes the same test of each kind of workload in the stage. */
export function perKind<T>(context: StageRules, make: (title: string, scene: Scene, series: ReplicaSeries) => T): readonly T[] {
  return kindsOf(context).map((kind) => {
    const scene = sceneOf(context, kind.kind);
    const series = (name: string) => (values: string, workload: string) => scene.kube(name, values, { [kind.label]: workload });
    return make(kind.kind, scene, { available: series(kind.available), desired: series(kind.desired) });
  });
}

/** By their values and the workload's name. */
export interface ReplicaSeries {
  available(values: string, workload: string): InputSeries;
  desired(values: string, workload: string): InputSeries;
}

function kindsOf({ workloads }: StageRules) {
  return KINDS.filter(({ kind }) => workloads.some((workload) => workload.kind === kind));
}

const KINDS: readonly { readonly kind: WorkloadKind; readonly label: string; readonly available: string; readonly desired: string }[] = [
  {
    kind: 'Deployment',
    label: 'deployment',
    available: 'kube_deployment_status_replicas_available',
    desired: 'kube_deployment_spec_replicas',
  },
  {
    kind: 'StatefulSet',
    label: 'statefulset',
    available: 'kube_statefulset_status_replicas_available',
    desired: 'kube_statefulset_replicas',
  },
  {
    kind: 'DaemonSet',
    label: 'daemonset',
    available: 'kube_daemonset_status_number_available',
    desired: 'kube_daemonset_status_desired_number_scheduled',
  },
  { kind: 'Rollout', label: 'name', available: 'rollout_info_replicas_available', desired: 'rollout_info_replicas_desired' },
];
