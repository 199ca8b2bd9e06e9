import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import type { WorkloadSummary } from '../manifest/stage-config.js';
import type { Policy } from '../policy/policy.js';
import { formatProblem, type Problem } from '../problem.js';
import { ADDITIONS, type Addition } from './additions.js';
import type { CoverageEntry } from './application.js';
import { applicationOf, applicationsOf } from './applications.js';
import type { StageProps } from './stage-props.js';
import { chartOf } from './tree.js';

export interface PatchingOptions<S extends string = string> extends Omit<StageProps<S>, 'policy'> {
  /**
   * What is added beside the workloads: their disruption budgets, scans, promotion, the exporter and the rules.
   * @default all of them
   */
  readonly add?: readonly Addition[];
}

/** Policies on a tree of constructs that was not written for them. */
export class Patching {
  /**
   * Puts everything in a scope that bears pods under a stage of a policy, whatever made it: cdk8s-plus workloads, typed or
   * raw objects, included YAML, Helm charts. Only the documented fields of what is written change. Call it last: what is
   * added to the scope afterwards fails synthesis until it is called once more.
   *
   * @see docs/adopting-cdk8s.md
   */
  static apply<S extends string>(scope: Construct, policy: Policy<S>, { stage, lock, add = ADDITIONS }: PatchingOptions<S>): Patching {
    const application = applicationOf(scope, { policy, stage: policy.stage(stage), lock });
    application?.claim(scope, homeIn(scope, `patchway-${policy.name}-${stage}`), add);
    return new Patching(scope);
  }

  /** What the policies cover in the app that a construct belongs to. */
  static of(construct: Construct): Patching {
    return new Patching(construct);
  }

  readonly #construct: Construct;

  private constructor(construct: Construct) {
    this.#construct = construct;
  }

  /** Everything that bears pods where a policy was applied: covered, opted out (with the reason), or not coverable, and why. */
  coverage(): readonly CoverageEntry[] {
    return applicationsOf(this.#construct).flatMap((application) => application.coverage());
  }

  /** What may be meant, but is worth a look. */
  get warnings(): readonly Problem[] {
    const warnings = applicationsOf(this.#construct).flatMap((application) => application.warnings());
    return [...new Map(warnings.map((warning) => [formatProblem(warning), warning])).values()];
  }

  /** The workloads that are scanned, watched and promoted. */
  get workloads(): readonly WorkloadSummary[] {
    return applicationsOf(this.#construct).flatMap((application) => application.workloads);
  }
}

/** What is added to an app has a chart of its own; in a chart it is a construct. */
function homeIn(scope: Construct, id: string): Construct {
  const known = scope.node.tryFindChild(id);
  if (Construct.isConstruct(known)) return known;
  return chartOf(scope) === undefined ? new Chart(scope, id) : new Construct(scope, id);
}
