import type { WorkloadKind } from '../manifest/kinds.js';
import type { Milliseconds } from '../policy/policy.js';
import type { StageRules } from './alert.js';
import {
  elsewhere,
  type InputSeries,
  type RuleCase,
  type RuleTests,
  type Scene,
  STRANGER,
  sceneOf,
  type Timeline,
  timeline,
} from './rule-test.js';

/** Shows of each kind of workload in the stage that a stuck rollout alerts, and what is no stuck rollout does not. */
export function stuckRolloutTests(context: StageRules, wait: Milliseconds): RuleTests {
  const present = KINDS.filter(([kind]) => context.workloads.some((workload) => workload.kind === kind));
  const kinds = present.length === 0 ? KINDS.filter(([kind]) => kind === 'Deployment') : present;
  const progress = context.policy.rollout.progressDeadline;
  // Every case has the same steps.
  const rests = timeline({ wait, settles: progress });
  const at = timeline({ wait, steps: rests.step });
  return { step: rests.step, cases: kinds.flatMap(([kind, cases]) => cases(sceneOf(context, kind), at, rests)) };
}

type Cases = (scene: Scene, at: Timeline, rests: Timeline) => readonly RuleCase[];

const KINDS: readonly (readonly [WorkloadKind, Cases])[] = [
  ['Deployment', deployments],
  ['StatefulSet', statefulSets],
  ['DaemonSet', daemonSets],
  ['Rollout', argoRollouts],
];

function deployments({ workload, kube }: Scene, t: Timeline): readonly RuleCase[] {
  const condition = (values: string, type = 'Progressing', deployment = workload) =>
    kube('kube_deployment_status_condition', values, { deployment, condition: type, status: 'false' });
  const stopped = condition(t.values(1, 0));
  const foreign = condition(t.always(1), 'Progressing', STRANGER);
  return [
    {
      title: 'a Deployment that makes no progress',
      series: [stopped, condition(t.always(1), 'Available'), foreign, elsewhere(stopped, t.always(1))],
      at: t.at(workload),
    },
    unseen('deployment', { workload, kube }, t),
  ];
}

function statefulSets({ workload, kube }: Scene, t: Timeline, rests: Timeline): readonly RuleCase[] {
  const of = (name: string, values: string, labels = {}) => kube(`kube_statefulset_${name}`, values, { statefulset: workload, ...labels });
  const set = (updated: string, available: string, newest = 'b') => [
    of('replicas', rests.always(3)),
    of('status_replicas_updated', updated),
    of('status_replicas_available', available),
    of('status_current_revision', rests.always(1), { revision: 'a' }),
    of('status_update_revision', rests.always(1), { revision: newest }),
  ];
  return [
    { title: 'a StatefulSet with a broken new pod', series: set(rests.values(1, 3), rests.values(2, 3)), at: rests.at(workload) },
    { title: 'a StatefulSet whose old pods stay', series: set(rests.values(1, 3), rests.always(3)), at: rests.at(workload) },
    { title: 'a StatefulSet that is through', series: set(rests.always(3), rests.always(3)), at: rests.never },
    { title: 'a StatefulSet whose last new pod is not there', series: set(rests.always(3), rests.values(2, 3)), at: rests.at(workload) },
    { title: 'a StatefulSet that lacks a pod without a rollout', series: set(rests.always(3), rests.values(2, 3), 'a'), at: rests.never },
    { title: 'a StatefulSet whose pods come and go', series: set(rests.values(1, 3), rests.unrest), at: rests.never },
    { title: 'a StatefulSet that is renewed pod by pod', series: set(rests.unrest, rests.values(2, 3)), at: rests.never },
    unseen('statefulset', { workload, kube }, t),
  ];
}

function daemonSets({ workload, kube }: Scene, t: Timeline, rests: Timeline): readonly RuleCase[] {
  const of = (name: string, values: string) => kube(`kube_daemonset_status_${name}`, values, { daemonset: workload });
  const set = (updated: string, available: string) => [
    of('desired_number_scheduled', rests.always(3)),
    of('updated_number_scheduled', updated),
    of('number_available', available),
  ];
  return [
    { title: 'a DaemonSet with old pods', series: set(rests.values(1, 3), rests.always(3)), at: rests.at(workload) },
    { title: 'a DaemonSet that is through', series: set(rests.always(3), rests.always(3)), at: rests.never },
    { title: 'a DaemonSet with a broken pod', series: set(rests.always(3), rests.values(2, 3)), at: rests.at(workload) },
    { title: 'a DaemonSet whose pods come and go', series: set(rests.values(1, 3), rests.unrest), at: rests.never },
    { title: 'a DaemonSet that is renewed node by node', series: set(rests.unrest, rests.values(2, 3)), at: rests.never },
    unseen('daemonset', { workload, kube }, t),
  ];
}

function argoRollouts({ workload, kube }: Scene, t: Timeline): readonly RuleCase[] {
  const info = (phase: string, values: string) => kube('rollout_info', values, { name: workload, phase });
  return [
    {
      title: 'a Rollout that was given up',
      series: [info('Degraded', t.values(1, 0)), info('Progressing', t.always(1))],
      at: t.at(workload),
    },
  ];
}

function unseen(
  kind: 'deployment' | 'statefulset' | 'daemonset',
  { workload, kube }: Pick<Scene, 'workload' | 'kube'>,
  t: Timeline,
): RuleCase {
  const observed = `kube_${kind}_status_observed_generation`;
  const series: readonly InputSeries[] = [
    kube(`kube_${kind}_metadata_generation`, t.values(2, 1), { [kind]: workload }),
    kube(observed, t.always(1), { [kind]: workload }),
  ];
  return { title: `a ${kind} that nobody acts on`, series, at: t.at(workload) };
}
