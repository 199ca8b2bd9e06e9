import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { checkStage } from '../checks/checks.js';
import { workloadKindOf } from '../manifest/kinds.js';
import { inNamespace } from '../manifest/scope.js';
import type { WorkloadSummary } from '../manifest/stage-config.js';
import type { Problem } from '../problem.js';
import { withoutSelector } from '../rollout/argo/switched.js';
import { type Workload, workloadManifests } from '../rollout/deployment.js';
import { rolloutOf } from '../rollout/rollout.js';
import type { Setting } from './adopt-parts.js';
import { applicationOf } from './applications.js';
import { markAuthored } from './authored.js';
import { emit } from './emit.js';
import type { StageProps } from './stage-props.js';

const MARK = Symbol.for('patchway.RollingDeployment');

/** A Deployment that is described here. */
export interface AuthoredDeploymentProps<S extends string = string> extends StageProps<S>, Omit<Workload, 'name'> {
  /** Of the Deployment and of what belongs to it. @default the construct's id */
  readonly name?: string;
  readonly deployment?: never;
}

/** A Deployment that another construct describes. */
export interface AdoptedDeploymentProps<S extends string = string> extends StageProps<S> {
  /** A `Deployment` of cdk8s-plus, or any construct whose default child is the object of a workload, complete. */
  readonly deployment: Construct;
}

export type RollingDeploymentProps<S extends string = string> = AuthoredDeploymentProps<S> | AdoptedDeploymentProps<S>;

/**
 * A Deployment under a patch policy: its images are locked digests, its rollouts follow the policy and lose no request.
 * With it come a disruption budget, and for one that is described here a service account, and a Service where it has ports.
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
    const { policy, lock } = props;
    const setting = { policy, stage: policy.stage(props.stage), lock };
    const { workload, warnings } = props.deployment === undefined ? author(this, setting, props) : adopted(this, setting, props.deployment);
    this.workload = workload;
    this.warnings = warnings;
  }
}

function author<S extends string>(scope: Construct, setting: Setting, props: AuthoredDeploymentProps<S>) {
  const { policy: _policy, stage: _stage, lock: _lock, ...described } = props;
  const { deployment, service } = workloadManifests({ name: scope.node.id, ...described });
  const beside = service === undefined ? [] : [inNamespace(service, setting.stage.namespace)];
  const { manifests, workload, switched, problems: found } = rolloutOf({ ...setting, workload: deployment, beside });
  const workloads = manifests.filter((each) => workloadKindOf(each) !== undefined);
  const others = manifests.filter((each) => workloadKindOf(each) === undefined);
  const problems = [...found, ...checkStage({ ...setting, workloads, beside: [...others, ...beside] })];
  emit(scope, [...manifests, ...beside.map((each) => (switched.includes(each) ? withoutSelector(each) : each))], problems);
  markAuthored(scope, setting, workload);
  return { workload, warnings: problems.filter(({ severity }) => severity === 'warning') };
}

function adopted(scope: Construct, setting: Setting, deployment: Construct) {
  const object = ApiObject.of(deployment);
  const application = applicationOf(scope, setting);
  application?.claim(deployment, scope, ['budgets']);
  const [workload] = application?.workloadsOf(object) ?? [];
  const message = `${object.kind}/${object.name} is no workload that can be put under stage ${setting.stage.name}: pass one that rolls, is complete, and is not opted out.`;
  if (workload === undefined) scope.node.addValidation({ validate: () => [message] });
  return {
    workload: workload ?? { kind: 'Deployment' as const, name: object.name, images: [] },
    warnings: application?.warningsOf(object) ?? [],
  };
}
