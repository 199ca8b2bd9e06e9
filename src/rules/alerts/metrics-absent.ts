import { absent } from '../../promql.js';
import { type Alert, exported, type StageRules } from '../alert.js';
import { elsewhere, sceneOf, timeline } from '../rule-test.js';

/** Fires where Prometheus gets no metrics of the stage: then no other alert about findings can be trusted. */
export function metricsAbsent(context: StageRules): Alert {
  const { policy, stage } = context;
  return {
    alert: 'PatchwayMetricsAbsent',
    expr: absent(exported(context, 'patchway_workload_info')),
    for: 10 * 60_000,
    severity: 'critical',
    summary: `There are no Patchway metrics of ${stage.namespace}.`,
    description:
      `Prometheus has no metrics of policy ${policy.name}, stage ${stage.name}: the exporter in ${stage.namespace} is away, ` +
      'not scraped, or cannot read its state. Findings of this stage raise no alerts meanwhile.',
    tests: (wait) => {
      const t = timeline({ wait });
      const info = sceneOf(context).of('patchway_workload_info', t.values('absent', 1));
      return { step: t.step, cases: [{ title: 'an exporter that is away', series: [info, elsewhere(info, t.always(1))], at: t.at('') }] };
    },
  };
}
