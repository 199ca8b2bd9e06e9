import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboardOf } from './board.js';
import { fleet } from './fleet.js';
import { promotion } from './promotion.js';
import { workload } from './workload.js';

/** Patchway's dashboards. They are the same for every policy: what differs comes from metrics, and by variables. */
export function boards(): readonly Dashboard[] {
  return [fleet(), workload(), promotion()].map(dashboardOf);
}
