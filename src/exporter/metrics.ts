import { exposition } from './exposition.js';
import { fixedFindings, fixLatencies } from './fixes.js';
import { hasDrifted, runningImages } from './running.js';
import { stageGauges } from './stage-gauges.js';
import type { StageState } from './state.js';
import { WORKLOAD_GAUGES, type WorkloadFacts } from './workload-gauges.js';

/**
 * The metrics of one stage in Prometheus' text format: times are epoch seconds, what is not known is absent, and the
 * order is that of the configuration, so that equal states give equal text.
 */
export function metricsText(state: StageState): string {
  const { policy, stage: name, workloads } = state.config;
  const stage = policy.stages.find((each) => each.name === name);
  if (stage === undefined) return '';
  const fixed = fixedFindings(state);
  const latencies = fixLatencies(fixed);
  const own = { policy: policy.name, stage: name, namespace: stage.namespace };
  const facts = workloads.map((workload): WorkloadFacts => {
    const drifted = hasDrifted(state, workload);
    return {
      labels: { ...own, workload: workload.name },
      images: runningImages(state, workload),
      latencies: latencies.get(workload.name) ?? new Map(),
      ...(drifted === undefined ? {} : { drifted }),
    };
  });
  return exposition([
    ...WORKLOAD_GAUGES.map(({ name: gauge, help, samples }) => ({ name: gauge, help, samples: facts.flatMap(samples) })),
    ...stageGauges({ state, stage, labels: own, facts, fixed }),
  ]);
}
