export {
  type CapabilityProps,
  ImageGuard,
  type ImageGuardProps,
  MonitoringRules,
  PromotionPipeline,
  ScanSchedule,
} from './cdk8s/capability-constructs.js';
export { PatchStage, type PatchStageProps } from './cdk8s/patch-stage.js';
export { RollingDeployment, type RollingDeploymentProps } from './cdk8s/rolling-deployment.js';
export type { StageProps } from './cdk8s/stage-props.js';
export type { HttpProbe, Port, Volume, Workload } from './rollout/deployment.js';
