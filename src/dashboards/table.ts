import { TableSortByFieldStateBuilder } from '@grafana/grafana-foundation-sdk/common';
import type { DynamicConfigValue, ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';
import { PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/table';
import type { Expression } from '../promql.js';
import { common, type PanelOptions, refId, type Thresholds, target, thresholdSteps } from './panels.js';

/** A column of labels. */
export interface LabelColumn {
  readonly label: string;
  readonly title: string;
  /** Where a click leads; `${__data.fields.<title>}` is the row's value of a column. @default nowhere */
  readonly link?: { readonly title: string; readonly url: string };
  /** In pixels. @default what is left */
  readonly width?: number;
}

/** A column of numbers. */
export interface ValueColumn {
  readonly title: string;
  readonly query: Expression;
  /** @default the panel's */
  readonly unit?: string;
  /** @default none: the number is not judged */
  readonly thresholds?: Thresholds;
  readonly mappings?: readonly ValueMapping[];
  /** In pixels. @default what is left */
  readonly width?: number;
}

/** What is known now, a row for each combination of labels. A column's queries may know more or less of them. */
export function table({
  labels,
  values,
  sortBy,
  descending = false,
  noValue,
  ...options
}: PanelOptions & {
  readonly labels: readonly LabelColumn[];
  readonly values: readonly ValueColumn[];
  /** The title of a column. */
  readonly sortBy: string;
  /** @default false */
  readonly descending?: boolean;
  /** What stands where nothing is known. */
  readonly noValue: string;
}) {
  const panel = common(new PanelBuilder(), options)
    .targets(values.map(({ query }, index) => target(query, index).instant().format(PromQueryFormat.Table)))
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({ id: 'organize', options: organized(labels, values) })
    .sortBy([new TableSortByFieldStateBuilder().displayName(sortBy).desc(descending)])
    .noValue(noValue);
  for (const { title, width, link } of labels) panel.overrideByName(title, [...widthOf(width), ...linkOf(link)]);
  for (const column of values) panel.overrideByName(column.title, propertiesOf(column));
  return panel;
}

/** Which columns there are, in which order, and under which names. Prometheus calls the only query's value just that. */
function organized(labels: readonly LabelColumn[], values: readonly ValueColumn[]) {
  const columns = [
    ...labels.map(({ label, title }) => [label, title] as const),
    ...values.map(({ title }, index) => [values.length === 1 ? 'Value' : `Value #${refId(index)}`, title] as const),
  ];
  return {
    excludeByName: { Time: true },
    includeByName: Object.fromEntries(columns.map(([name]) => [name, true])),
    indexByName: Object.fromEntries(columns.map(([name], index) => [name, index])),
    renameByName: Object.fromEntries(columns),
  };
}

function propertiesOf({ unit, thresholds, mappings, width }: ValueColumn): DynamicConfigValue[] {
  return [
    ...(unit === undefined ? [] : [{ id: 'unit', value: unit }]),
    ...(mappings === undefined ? [] : [{ id: 'mappings', value: mappings }]),
    ...(thresholds === undefined ? [] : [{ id: 'thresholds', value: { mode: 'absolute', steps: thresholdSteps(thresholds) } }]),
    ...(thresholds === undefined && mappings === undefined ? [] : [{ id: 'custom.cellOptions', value: { type: 'color-text' } }]),
    ...widthOf(width),
  ];
}

function widthOf(width: number | undefined): DynamicConfigValue[] {
  return width === undefined ? [] : [{ id: 'custom.width', value: width }];
}

function linkOf(link: LabelColumn['link']): DynamicConfigValue[] {
  return link === undefined ? [] : [{ id: 'links', value: [link] }];
}
