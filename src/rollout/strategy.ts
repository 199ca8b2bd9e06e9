import { dig } from '../manifest/dig.js';
import type { Deployment, Manifest } from '../manifest/manifest.js';
import type { RolloutPolicy, Stage } from '../policy/policy.js';
import { seconds } from './container.js';

/** The policy's rolling update. `Recreate` stays: a workload that asks for it cannot run twice at a time. */
export function withStrategy(deployment: Deployment, rollout: RolloutPolicy): Deployment {
  const { maxUnavailable, maxSurge } = rollout;
  return {
    ...deployment,
    spec: {
      ...deployment.spec,
      ...(isRecreated(deployment) ? {} : { strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable, maxSurge } } }),
      minReadySeconds: seconds(rollout.minReady),
      progressDeadlineSeconds: seconds(rollout.progressDeadline),
      revisionHistoryLimit: rollout.revisionHistory,
    },
  };
}

export function isRecreated(deployment: Deployment): boolean {
  return dig(deployment.spec.strategy, 'type') === 'Recreate';
}

/** The stage's number, else the manifest's; none where an autoscaler sets it, which a number would undo at every apply. */
export function withReplicas(deployment: Deployment, stage: Stage, beside: readonly Manifest[]): Deployment {
  const { replicas: own, ...spec } = deployment.spec;
  const replicas = isScaled(deployment, beside) ? undefined : (stage.replicas ?? own);
  return { ...deployment, spec: replicas === undefined ? spec : { replicas, ...spec } };
}

function isScaled(deployment: Deployment, beside: readonly Manifest[]): boolean {
  return beside.some(
    (m) =>
      m.kind === 'HorizontalPodAutoscaler' &&
      dig(m, 'spec', 'scaleTargetRef', 'kind') === 'Deployment' &&
      dig(m, 'spec', 'scaleTargetRef', 'name') === deployment.metadata.name,
  );
}
