import { PanelBuilder as BarGauge } from '@grafana/grafana-foundation-sdk/bargauge';
import {
  BarGaugeNamePlacement,
  BigValueGraphMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  FieldColorBuilder,
  FieldColorModeId,
  MappingType,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as StateTimeline } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as TimeSeries } from '@grafana/grafana-foundation-sdk/timeseries';
import type { Expression } from '../promql.js';
import { DATASOURCE } from './variables.js';

/** What every panel says of itself. */
export interface PanelOptions {
  readonly title: string;
  /** What its reader should know: what it means, and what is good. */
  readonly description: string;
  /** Of 24 columns. */
  readonly width: number;
  /** In rows of 38 pixels. */
  readonly height: number;
  /** A unit by Grafana's name for it. */
  readonly unit: string;
  /** A colour, then from which value on another; without any, values are not judged. @default none */
  readonly thresholds?: Thresholds;
  readonly mappings?: readonly ValueMapping[];
  readonly decimals?: number;
}

export type Thresholds = readonly [string, ...(readonly [number, string])[]];

/** One number. */
export function stat({ query, noValue = 'No data', ...options }: PanelOptions & { readonly query: Expression; readonly noValue?: string }) {
  const panel = common(new Stat(), options)
    .withTarget(target(query).instant())
    .graphMode(BigValueGraphMode.None)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .noValue(noValue);
  return panel.colorScheme(byThresholds());
}

export interface Line {
  readonly query: Expression;
  readonly legend: string;
}

/** Numbers over time. */
export function series({
  lines,
  stacked = false,
  area = false,
  colors = {},
  ...options
}: PanelOptions & {
  readonly lines: readonly Line[];
  readonly stacked?: boolean;
  /** Whether thresholds colour the area behind the lines. */
  readonly area?: boolean;
  /** By legend. */
  readonly colors?: Readonly<Record<string, string>>;
}) {
  const panel = common(new TimeSeries(), options)
    .targets(lines.map((line, index) => target(line.query, index).range().legendFormat(line.legend)))
    .legend(new VizLegendOptionsBuilder().displayMode(LegendDisplayMode.List).placement(LegendPlacement.Bottom).showLegend(true))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi))
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassic))
    .fillOpacity(stacked ? 30 : 0)
    .lineWidth(stacked ? 1 : 2)
    .showPoints(VisibilityMode.Never)
    .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(area ? GraphThresholdsStyleMode.Area : GraphThresholdsStyleMode.Off));
  // Counts start at none; times may be negative.
  if (options.unit === 'short') panel.min(0);
  if (stacked) panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal));
  for (const [name, fixedColor] of Object.entries(colors))
    panel.overrideByName(name, [{ id: 'color', value: { mode: 'fixed', fixedColor } }]);
  return panel;
}

/** What was the case when, a line for each series. */
export function timeline({ query, legend, ...options }: PanelOptions & Line) {
  return common(new StateTimeline(), options)
    .withTarget(target(query).range().legendFormat(legend))
    .colorScheme(byThresholds())
    .mergeValues(true)
    .showValue(VisibilityMode.Auto)
    .rowHeight(0.8)
    .legend(new VizLegendOptionsBuilder().displayMode(LegendDisplayMode.List).placement(LegendPlacement.Bottom).showLegend(false));
}

/** Numbers beside one another. */
export function bars({ lines, max, ...options }: PanelOptions & { readonly lines: readonly Line[]; readonly max?: number }) {
  const panel = common(new BarGauge(), options)
    .targets(lines.map((line, index) => target(line.query, index).instant().legendFormat(line.legend)))
    .orientation(VizOrientation.Horizontal)
    .namePlacement(BarGaugeNamePlacement.Top)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .colorScheme(byThresholds())
    .min(0);
  return max === undefined ? panel : panel.max(max);
}

/** A query, and the name by which others of its panel refer to it. */
export function target(query: Expression, index = 0) {
  return new DataqueryBuilder().expr(query.text).refId(refId(index)).datasource(DATASOURCE);
}

export function refId(index: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + index);
}

/** Texts and colours in place of numbers. */
export function mapping(values: Readonly<Record<number, { readonly text: string; readonly color: string }>>): readonly ValueMapping[] {
  return [{ type: MappingType.ValueToText, options: { ...values } }];
}

export function thresholdSteps([first, ...others]: Thresholds): Threshold[] {
  return [{ value: null, color: first }, ...others.map(([value, color]) => ({ value, color }))];
}

interface Common<P> {
  title(text: string): P;
  description(text: string): P;
  datasource(ref: typeof DATASOURCE): P;
  height(rows: number): P;
  span(columns: number): P;
  unit(name: string): P;
  thresholds(config: ThresholdsConfigBuilder): P;
  mappings(values: ValueMapping[]): P;
  decimals(digits: number): P;
}

export function common<P extends Common<P>>(panel: P, options: PanelOptions): P {
  const { title, description, width, height, unit, thresholds = ['text'], mappings = [], decimals } = options;
  const described = panel
    .title(title)
    .description(description)
    .datasource(DATASOURCE)
    .span(width)
    .height(height)
    .unit(unit)
    .thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(thresholdSteps(thresholds)))
    .mappings([...mappings]);
  return decimals === undefined ? described : described.decimals(decimals);
}

function byThresholds() {
  return new FieldColorBuilder().mode(FieldColorModeId.Thresholds);
}
