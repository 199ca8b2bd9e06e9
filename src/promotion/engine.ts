import type { AgentMount } from '../manifest/agent-pod.js';
import type { Manifest } from '../manifest/manifest.js';
import type { WorkloadSummary } from '../manifest/stage-config.js';
import type { EngineName, PromotionCapabilities } from '../policy/engines.js';
import type { PolicyDocument, Stage } from '../policy/policy.js';

/** What the promotion to one stage is made of. */
export interface PromotionOptions {
  readonly policy: PolicyDocument;
  readonly stage: Stage;
  readonly workloads: readonly WorkloadSummary[];
  readonly mount: AgentMount;
}

/** A way to promote: data and one function. */
export interface PromotionEngine {
  readonly name: EngineName;
  readonly capabilities: PromotionCapabilities;
  manifests(options: PromotionOptions): readonly Manifest[];
}
