import { Construct } from 'constructs';
import { inNamespace } from '../manifest/scope.js';
import type { WorkloadSummary } from '../manifest/stage-config.js';
import type { Problem } from '../problem.js';
import { type Workload, workloadManifests } from '../rollout/deployment.js';
import { rolloutOf } from '../rollout/rollout.js';
import { emit } from './emit.js';
import type { StageProps } from './stage-props.js';

const MARK = Symbol.for('patchway.RollingDeployment');

export interface RollingDeploymentProps<S extends string = string> extends StageProps<S>, Omit<Workload, 'name'> {
  /** Of the Deployment and of what belongs to it. @default the construct's id */
  readonly name?: string;
}

/**
 * A Deployment under a patch policy: its images are locked digests, its rollouts follow the policy and lose no request.
 * With it come a service account, a disruption budget, and a Service where it has ports.
 */
export class RollingDeployment<S extends string = string> extends Construct {
  static isRollingDeployment(x: unknown): x is RollingDeployment {
    return typeof x === 'object' && x !== null && MARK in x;
  }

  readonly [MARK] = true;
  /** The workload as scans, rules and promotion need to know it. */
  readonly workload: WorkloadSummary;
  /** What may be meant, but is worth a look. */
  readonly warnings: readonly Problem[];

  constructor(scope: Construct, id: string, props: RollingDeploymentProps<S>) {
    super(scope, id);
    const { policy, stage: name, lock, ...workload } = props;
    const stage = policy.stage(name);
    const { deployment, service } = workloadManifests({ name: id, ...workload });
    const beside = service === undefined ? [] : [inNamespace(service, stage.namespace)];
    const rollout = rolloutOf({ policy, stage, lock, deployment, beside });
    this.workload = rollout.workload;
    this.warnings = rollout.problems.filter(({ severity }) => severity === 'warning');
    emit(this, [...rollout.manifests, ...beside], rollout.problems);
  }
}
