import { Construct } from 'constructs';
import { dashboardFiles } from '../dashboard-files.js';
import { dashboardDelivery, dashboardManifests } from '../dashboards/manifests.js';
import type { Policy } from '../policy/policy.js';
import { emit } from './emit.js';

export interface DashboardsProps<S extends string = string> {
  readonly policy: Policy<S>;
  /** Where Grafana looks for them. @default the namespace of the policy's last stage */
  readonly namespace?: string;
}

/**
 * The dashboards for Grafana, as `monitoring.dashboards` says. There is one set of them, for all stages and every policy,
 * so it belongs to no `PatchStage`. With `files` there is nothing to emit: the package has them in `lib/dashboards`.
 */
export class Dashboards<S extends string = string> extends Construct {
  constructor(scope: Construct, id: string, { policy, namespace }: DashboardsProps<S>) {
    super(scope, id);
    const where = namespace ?? policy.stages.at(-1)?.namespace ?? '';
    emit(this, dashboardManifests(dashboardDelivery(policy), where, dashboardFiles), []);
  }
}
