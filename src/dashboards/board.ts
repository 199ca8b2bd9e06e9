import {
  type AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  type Panel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { stageVariables } from './variables.js';

/** The parts of one dashboard, panels in the order in which they are read. */
export interface Board {
  /** Also the address, which stays the same. */
  readonly uid: `patchway-${string}`;
  readonly title: string;
  readonly description: string;
  readonly variables: ReturnType<typeof stageVariables>;
  readonly panels: readonly { build(): Panel }[];
  readonly annotations?: readonly AnnotationQueryBuilder[];
  /** How far back it looks at first: `now-7d`. */
  readonly from: string;
}

/** A dashboard as Grafana reads it. */
export function dashboardOf({ uid, title, description, variables, panels, annotations = [], from }: Board): Dashboard {
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(['patchway'])
    .time({ from, to: 'now' })
    .refresh('5m')
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .variables(variables)
    .annotations([...annotations])
    .link(
      new DashboardLinkBuilder('Patchway')
        .type(DashboardLinkType.Dashboards)
        .tags(['patchway'])
        .includeVars(true)
        .keepTime(true)
        .icon('external link'),
    );
  for (const panel of panels) builder.withPanel(panel);
  const built = builder.build();
  return { ...built, panels: (built.panels ?? []).map((panel, index) => ({ ...panel, id: index + 1 })) };
}
