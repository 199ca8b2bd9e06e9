export type { Addition } from './cdk8s/additions.js';
export type { CoverageEntry } from './cdk8s/application.js';
export {
  type CapabilityProps,
  ImageGuard,
  type ImageGuardProps,
  MonitoringRules,
  PromotionPipeline,
  ScanSchedule,
} from './cdk8s/capability-constructs.js';
export { Dashboards, type DashboardsProps } from './cdk8s/dashboards.js';
export { PatchStage, type PatchStageProps } from './cdk8s/patch-stage.js';
export { Patching, type PatchingOptions } from './cdk8s/patching.js';
export {
  type AdoptedDeploymentProps,
  type AuthoredDeploymentProps,
  RollingDeployment,
  type RollingDeploymentProps,
} from './cdk8s/rolling-deployment.js';
export type { StageProps } from './cdk8s/stage-props.js';
export type { HttpProbe, Port, Volume, Workload } from './rollout/deployment.js';
