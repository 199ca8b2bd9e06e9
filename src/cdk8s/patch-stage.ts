import { Construct } from 'constructs';
import { agentBundle } from '../agent-bundle.js';
import type { Manifest } from '../manifest/manifest.js';
import type { WorkloadSummary } from '../manifest/stage-config.js';
import { planStage } from '../plan.js';
import type { Problem } from '../problem.js';
import { type Workload, workloadManifests } from '../rollout/deployment.js';
import { emit } from './emit.js';
import type { StageProps } from './stage-props.js';

export interface PatchStageProps<S extends string = string> extends StageProps<S> {
  /** What runs in the stage: workloads as `RollingDeployment` takes them, or plain Kubernetes manifests. */
  readonly workloads: readonly (Workload | Manifest)[];
}

/** One stage of a policy with all that belongs to it: workloads, scans, metrics, alerts and promotion. */
export class PatchStage<S extends string = string> extends Construct {
  readonly workloads: readonly WorkloadSummary[];
  /** Every object of the stage, as it is written. */
  readonly manifests: readonly Manifest[];
  /** What may be meant, but is worth a look. */
  readonly warnings: readonly Problem[];

  constructor(scope: Construct, id: string, props: PatchStageProps<S>) {
    super(scope, id);
    const { policy, stage, lock } = props;
    const plan = planStage({ policy, stage, lock, workloads: props.workloads.flatMap(manifestsOf), agentBundle: agentBundle() });
    this.workloads = plan.workloads;
    this.manifests = plan.manifests;
    this.warnings = plan.warnings;
    emit(this, plan.manifests, plan.problems);
  }
}

function manifestsOf(workload: Workload | Manifest): readonly Manifest[] {
  if (isManifest(workload)) return [workload];
  const { deployment, service } = workloadManifests(workload);
  return service === undefined ? [deployment] : [deployment, service];
}

function isManifest(workload: Workload | Manifest): workload is Manifest {
  return 'kind' in workload;
}
