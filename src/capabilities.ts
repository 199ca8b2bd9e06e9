import { exporterManifests } from './exporter/manifests.js';
import { guardManifests } from './guard/manifests.js';
import type { ImageLock, ToolName } from './lock/lock.js';
import { toolImage } from './lock/lookup.js';
import { agentConfigMap, stageConfigMap } from './manifest/agent-config.js';
import type { AgentMount } from './manifest/agent-pod.js';
import type { Manifest } from './manifest/manifest.js';
import type { WorkloadSummary } from './manifest/stage-config.js';
import { hasPromotion } from './policy/has-promotion.js';
import type { PolicyDocument, Stage } from './policy/policy.js';
import { isPatchwayError, type Problem } from './problem.js';
import { promotionManifests } from './promotion/engines/engines.js';
import { copaManifests } from './remedy/copa.js';
import { analysisManifests } from './rollout/argo/analysis-template.js';
import { withLockedVerification } from './rollout/verification.js';
import { rulesManifests } from './rules/rules.js';
import { podScanners } from './scan/engines.js';
import { scanManifests } from './scan/manifests.js';

/** What Patchway does in a stage beside rolling its workloads. */
export type Capability = 'scan' | 'remedy' | 'verification' | 'promotion' | 'exporter' | 'rules' | 'guard';

/** All of them, in the order in which they are planned. */
export const CAPABILITIES: readonly Capability[] = ['scan', 'remedy', 'verification', 'promotion', 'exporter', 'rules', 'guard'];

export interface CapabilityInput {
  readonly policy: PolicyDocument;
  readonly stage: Stage;
  readonly workloads: readonly WorkloadSummary[];
  readonly lock: ImageLock;
  /** The agent as one JavaScript file: `agentBundle()`. */
  readonly agentBundle: string;
  /** Images, as written, of objects in the stage that Patchway does not cover: the guard lets them run. @default none */
  readonly uncovered?: readonly string[];
}

export interface Planned {
  readonly manifests: readonly Manifest[];
  readonly problems: readonly Problem[];
}

const MANIFESTS: Readonly<Record<Capability, (input: CapabilityInput & { readonly mount: AgentMount }) => readonly Manifest[]>> = {
  scan: scanManifests,
  remedy: copaManifests,
  verification: analysisManifests,
  promotion: promotionManifests,
  exporter: exporterManifests,
  rules: rulesManifests,
  guard: guardManifests,
};

/** The objects of some capabilities in one stage, the agent's ConfigMaps included. Nothing where there are no workloads. */
export function planCapabilities(input: CapabilityInput, capabilities: readonly Capability[]): Planned {
  if (input.workloads.length === 0) return { manifests: [], problems: [] };
  const { workloads } = input;
  const { stage, problems: unlocked } = withLockedVerification(input.stage, input.lock);
  const policy = withStage(input.policy, stage);
  const missing = [...toolProblems(input, capabilities), ...unlocked];
  if (missing.length > 0) return { manifests: [], problems: missing };
  const bundle = agentConfigMap(policy.name, stage.name, stage.namespace, input.agentBundle);
  const config = stageConfigMap({ schemaVersion: 1, policy, stage: stage.name, workloads }, stage.namespace);
  const image = needsAgent(input, capabilities) ? toolImage(input.lock, 'agent') : '';
  const mount = { image, bundle: bundle.metadata.name, config: config.metadata.name };
  const parts = capabilities.map((capability) => attempt(() => MANIFESTS[capability]({ ...input, policy, stage, mount })));
  return {
    manifests: [...(needsAgent(input, capabilities) ? [bundle, config] : []), ...parts.flatMap((part) => part.value ?? [])],
    problems: parts.flatMap((part) => part.problems),
  };
}

/** Every tool that is not locked, at once. */
function toolProblems(input: CapabilityInput, capabilities: readonly Capability[]): readonly Problem[] {
  const { policy, lock } = input;
  const tools: readonly ToolName[] = [
    ...(needsAgent(input, capabilities) ? (['agent'] as const) : []),
    ...(capabilities.includes('scan') ? podScanners(policy.scan).map(({ program }) => program.tool) : []),
  ];
  return tools.flatMap((tool) => attempt(() => toolImage(lock, tool), `image lock tools.${tool}`).problems);
}

/** Rules alone, verification that Argo Rollouts does not run, an exporter that the policy does not want, and a promotion to a first stage that is not watched run nothing. */
function needsAgent({ policy, stage }: CapabilityInput, capabilities: readonly Capability[]): boolean {
  return (
    capabilities.includes('scan') ||
    (capabilities.includes('verification') && policy.rollout.strategy !== 'rolling' && stage.verify !== undefined) ||
    (capabilities.includes('promotion') && hasPromotion(policy, stage)) ||
    (capabilities.includes('exporter') && policy.monitoring.exporter)
  );
}

/** A policy with the fields that the agent is told, without what a parsed one carries beside, and with a stage as it is planned. */
function withStage(policy: PolicyDocument, stage: Stage): PolicyDocument {
  const { name, timeZone, scan, gate, exceptions, rollout, windows, promotion, monitoring, history, hash } = policy;
  const stages = policy.stages.map((each) => (each.name === stage.name ? stage : each));
  const told = { name, timeZone, scan, gate, rollout, windows, stages, promotion, monitoring, history, hash };
  return exceptions === undefined ? told : { ...told, exceptions };
}

/** Capabilities refuse by throwing: all of them are asked, so that everything is told at once. */
function attempt<T>(make: () => T, path = ''): { readonly value?: T; readonly problems: readonly Problem[] } {
  try {
    return { value: make(), problems: [] };
  } catch (error) {
    if (!isPatchwayError(error)) throw error;
    return { problems: error.problems.length > 0 ? error.problems : [{ path, message: error.message, severity: 'error' }] };
  }
}
