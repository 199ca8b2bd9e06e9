import type { AgentMount } from '../manifest/agent-pod.js';
import type { Manifest } from '../manifest/manifest.js';
import type { WorkloadSummary } from '../manifest/stage-config.js';
import type { PolicyDocument, PromotionPolicy, Stage } from '../policy/policy.js';

/** What an engine can do; asking for more is an error that names one which can. */
export interface PromotionCapabilities {
  readonly windows: boolean;
  readonly soak: boolean;
  /** Puts the old images back by itself. */
  readonly rollback: boolean;
  /** Whether stages may be in different clusters. */
  readonly otherClusters: boolean;
}

/** What the promotion to one stage is made of. */
export interface PromotionOptions {
  readonly policy: PolicyDocument;
  readonly stage: Stage;
  readonly workloads: readonly WorkloadSummary[];
  readonly mount: AgentMount;
}

/** A way to promote: data and one function. */
export interface PromotionEngine {
  readonly name: PromotionPolicy['engine'];
  readonly capabilities: PromotionCapabilities;
  manifests(options: PromotionOptions): readonly Manifest[];
}
