import type { Stage } from '../policy/policy.js';
import { windowState } from '../policy/windows.js';
import { epochSeconds, exposition, type Gauge } from './exposition.js';
import { hasDrifted, runningImages } from './running.js';
import { PROMOTION_STEPS, type StageState } from './state.js';
import { WORKLOAD_GAUGES, type WorkloadFacts } from './workload-gauges.js';

/**
 * The metrics of one stage in Prometheus' text format: times are epoch seconds, what is not known is absent, and the
 * order is that of the configuration, so that equal states give equal text.
 */
export function metricsText(state: StageState): string {
  const { policy, stage: name, workloads } = state.config;
  const stage = policy.stages.find((each) => each.name === name);
  if (stage === undefined) return '';
  const own = { policy: policy.name, stage: name, namespace: stage.namespace };
  const facts = workloads.map((workload): WorkloadFacts => {
    const drifted = hasDrifted(state, workload);
    return {
      labels: { ...own, workload: workload.name },
      images: runningImages(state, workload),
      ...(drifted === undefined ? {} : { drifted }),
    };
  });
  return exposition([
    ...WORKLOAD_GAUGES.map(({ name: gauge, help, samples }) => ({ name: gauge, help, samples: facts.flatMap(samples) })),
    ...stageGauges(state, stage, own),
  ]);
}

function stageGauges({ at, promotion }: StageState, stage: Stage, labels: Readonly<Record<string, string>>): readonly Gauge[] {
  return [
    {
      name: 'patchway_promotion_state',
      help: 'Whether the promotion to this stage is at this step.',
      samples:
        promotion === undefined
          ? []
          : PROMOTION_STEPS.map((step) => ({ labels: { ...labels, state: step }, value: promotion.step === step ? 1 : 0 })),
    },
    {
      name: 'patchway_promotion_last_success_timestamp_seconds',
      help: 'When a promotion to this stage last finished well.',
      samples: promotion?.lastPromotedAt === undefined ? [] : [{ labels, value: epochSeconds(promotion.lastPromotedAt) }],
    },
    {
      name: 'patchway_window_open',
      help: 'Whether a rollout may start in this stage now.',
      samples: [{ labels, value: windowState(stage.windows, at).open ? 1 : 0 }],
    },
  ];
}
