import {
  type DataSourceRef,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { type Matchers, metric } from '../promql.js';

/** The Prometheus that the reader chose. */
export const DATASOURCE: DataSourceRef = { type: 'prometheus', uid: '$datasource' };

/** A choice of data source, and of stages by policy, name and namespace: each narrows the next, and all are chosen at first. */
export function stageVariables() {
  return [datasource(), ...STAGES_BY.map(([name, label, of]) => choice(name, label, of).multi(true).includeAll(true).allValue('.+'))];
}

/** A choice of one workload. */
export function workloadVariables() {
  const of: Matchers = { policy: '$policy', stage: '$stage', namespace: '$namespace' };
  return [datasource(), ...[...STAGES_BY, ['workload', 'Workload', of] as const].map((each) => choice(...each))];
}

const STAGES_BY: readonly (readonly [string, string, Matchers])[] = [
  ['policy', 'Policy', {}],
  ['stage', 'Stage', { policy: { like: '$policy' } }],
  ['namespace', 'Namespace', { policy: { like: '$policy' }, stage: { like: '$stage' } }],
];

function datasource() {
  return new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus');
}

function choice(name: string, label: string, of: Matchers) {
  const query = `label_values(${metric('patchway_workload_info', of).text}, ${name})`;
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query(query)
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc);
}
