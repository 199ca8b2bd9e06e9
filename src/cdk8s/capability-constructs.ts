import { Construct } from 'constructs';
import { agentBundle } from '../agent-bundle.js';
import { type Capability, planCapabilities } from '../capabilities.js';
import type { WorkloadSummary } from '../manifest/stage-config.js';
import { emit } from './emit.js';
import { RollingDeployment } from './rolling-deployment.js';
import type { StageProps } from './stage-props.js';

export interface CapabilityProps<S extends string = string> extends StageProps<S> {
  /** The workloads that it is about: all of the stage's. */
  readonly workloads: readonly (RollingDeployment | WorkloadSummary)[];
}

/** Scans the images of a stage on the policy's schedule: a CronJob whose evidence the gate, the metrics and the promotion read. */
export class ScanSchedule<S extends string = string> extends Construct {
  constructor(scope: Construct, id: string, props: CapabilityProps<S>) {
    super(scope, id);
    emitCapabilities(this, props, ['scan']);
  }
}

/** Alerts on a stage's patching, and the exporter of the metrics that they read. */
export class MonitoringRules<S extends string = string> extends Construct {
  constructor(scope: Construct, id: string, props: CapabilityProps<S>) {
    super(scope, id);
    emitCapabilities(this, props, ['exporter', 'rules']);
  }
}

/**
 * Promotes to a stage, by the policy, the images that ran well in the stages before; nothing for a stage that comes after none.
 * Where Argo Rollouts rolls the stage, it is told here how a new version is verified.
 */
export class PromotionPipeline<S extends string = string> extends Construct {
  constructor(scope: Construct, id: string, props: CapabilityProps<S>) {
    super(scope, id);
    emitCapabilities(this, props, ['verification', 'promotion']);
  }
}

export interface ImageGuardProps<S extends string = string> extends CapabilityProps<S> {
  /** Images, as written, of pods in the stage's namespace that are under no policy. @default none */
  readonly uncovered?: readonly string[];
}

/** Lets only images run in a stage's namespace that the lock or a promotion names. */
export class ImageGuard<S extends string = string> extends Construct {
  constructor(scope: Construct, id: string, props: ImageGuardProps<S>) {
    super(scope, id);
    emitCapabilities(this, props, ['guard']);
  }
}

function emitCapabilities<S extends string>(scope: Construct, props: ImageGuardProps<S>, capabilities: readonly Capability[]): void {
  const { policy, lock, uncovered = [] } = props;
  const workloads = props.workloads.map((w) => (RollingDeployment.isRollingDeployment(w) ? w.workload : w));
  const stage = policy.stage(props.stage);
  const { manifests, problems } = planCapabilities({ policy, stage, workloads, lock, agentBundle: agentBundle(), uncovered }, capabilities);
  emit(scope, manifests, problems);
}
