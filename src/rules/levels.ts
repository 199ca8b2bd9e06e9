import { aggregate, compare, divide, type Expression, metric, number, quantile } from '../promql.js';
import { exported, PER_STAGE, type StageRules } from './alert.js';
import type { RecordingRule } from './rule.js';
import { elsewhere, type InputSeries, samples, sceneOf } from './rule-test.js';

/** The share of deadlines that are to be met. What is missed beyond it burns the budget of 30 days faster than it lasts. */
export const OBJECTIVE = 0.95;

/** The times over which deadlines are counted. */
export type Within = '1d' | '7d' | '30d';

const MET = 'patchway:deadlines_met:ratio';
const BURN_RATE = 'patchway:deadlines_missed:burn_rate';
const LATENCY = 'patchway:fix_latency_seconds';

/** The service levels of one stage: how many deadlines are met, how fast the budget burns, and how long a fix takes to come here. */
export function levelRecords(context: StageRules): readonly RecordingRule[] {
  const latency = exported(context, 'patchway_fix_latency_seconds');
  const perSeverity = [...PER_STAGE, 'severity'];
  return [
    { record: MET, expr: shareOf(context, 'true', [...perSeverity, 'within']).text },
    { record: BURN_RATE, expr: divide(shareOf(context, 'false', [...PER_STAGE, 'within']), number(budget())).text },
    { record: `${LATENCY}:median`, expr: quantile(0.5, perSeverity, latency).text },
    { record: `${LATENCY}:p95`, expr: quantile(0.95, perSeverity, latency).text },
  ];
}

/** How many times faster than it may the budget of missed deadlines burns, over the last `within`. */
export function burnRate({ policy, stage }: StageRules, within: Within): Expression {
  return metric(BURN_RATE, { policy: policy.name, stage: stage.name, namespace: stage.namespace, within });
}

/** Series of which the rules make the levels that follow: of 20 deadlines one was missed, and fixes took 1 to 21 s. */
export function levelSeries(context: StageRules): readonly InputSeries[] {
  const { stage, of } = sceneOf(context);
  const deadlines = (met: string, value: number) =>
    stage('patchway_deadlines', samples([value, 10]), { severity: 'high', within: '7d', met });
  const latency = (workload: string, value: number) =>
    of('patchway_fix_latency_seconds', samples([value, 10]), { workload, severity: 'high' });
  return [
    deadlines('true', 19),
    deadlines('false', 1),
    stage('patchway_deadlines', samples([0, 10]), { severity: 'low', within: '7d', met: 'true' }),
    stage('patchway_deadlines', samples([0, 10]), { severity: 'low', within: '7d', met: 'false' }),
    elsewhere(deadlines('false', 100)),
    ...Array.from({ length: 21 }, (_, i) => latency(`w${i}`, i + 1)),
    elsewhere(latency('w', 100)),
  ];
}

export const LEVELS: readonly { readonly record: string; readonly labels: Readonly<Record<string, string>>; readonly value: number }[] = [
  { record: MET, labels: { severity: 'high', within: '7d' }, value: 0.95 },
  { record: BURN_RATE, labels: { within: '7d' }, value: 1 },
  { record: `${LATENCY}:median`, labels: { severity: 'high' }, value: 11 },
  { record: `${LATENCY}:p95`, labels: { severity: 'high' }, value: 20 },
];

function shareOf(context: StageRules, met: 'true' | 'false', by: readonly string[]): Expression {
  const some = aggregate('sum', by, exported(context, 'patchway_deadlines', { met }));
  return divide(some, compare(aggregate('sum', by, exported(context, 'patchway_deadlines')), '>', number(0)));
}

/** The share that may be missed, without what binary fractions add. */
function budget(): number {
  return Number((1 - OBJECTIVE).toFixed(4));
}
