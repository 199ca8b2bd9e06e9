import type { PolicyException, Stage } from '../policy/policy.js';
import { windowState } from '../policy/windows.js';
import { epochSeconds, exposition, type Gauge, type Sample } from './exposition.js';
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

/** Of exceptions about the same findings the one that ends last counts: Prometheus takes no label set twice. */
function exceptionSamples(exceptions: readonly PolicyException[], own: Readonly<Record<string, string>>): readonly Sample[] {
  const samples = new Map<string, Sample>();
  for (const { vulnerability, package: name = '', image = '', stage = own.stage, expires } of exceptions) {
    if (stage !== own.stage) continue;
    const key = JSON.stringify([vulnerability, name, image]);
    const value = Math.max(epochSeconds(expires), samples.get(key)?.value ?? 0);
    samples.set(key, { labels: { ...own, vulnerability, package: name, image }, value });
  }
  return [...samples.values()];
}

function stageGauges(
  { at, promotion, config, breakGlassPods }: StageState,
  stage: Stage,
  labels: Readonly<Record<string, string>>,
): readonly Gauge[] {
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
    {
      name: 'patchway_break_glass_pods',
      help: 'Pods that a label lets past the guard, whatever they run.',
      samples: breakGlassPods === undefined ? [] : [{ labels, value: breakGlassPods }],
    },
    {
      name: 'patchway_exception_expires_timestamp_seconds',
      help: 'When an exception of the policy that holds in this stage ends; one that has ended stays until it is removed.',
      samples: exceptionSamples(config.policy.exceptions ?? [], labels),
    },
  ];
}
