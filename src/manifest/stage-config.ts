import type { PolicyDocument } from '../policy/policy.js';
import type { WorkloadKind } from './kinds.js';
import type { WorkloadOptions } from './workload-options.js';

/** One container's image in a workload, as the lock has it for the stage at synthesis. */
export interface WorkloadImage {
  readonly container: string;
  /** Whether it is an init container. */
  readonly init: boolean;
  /** The lock's key: the reference as workloads write it, normalised (`ghcr.io/acme/web:1.4`). */
  readonly reference: string;
  /** `ghcr.io/acme/web`. */
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
  /** RFC 3339, from the lock. */
  readonly releasedAt: string;
}

/** A workload as scans, promotion, exporter and rules need to know it: its name, its images, and what it says of itself. No two of a stage have one name. */
export interface WorkloadSummary extends WorkloadOptions {
  readonly kind: WorkloadKind;
  readonly name: string;
  /** Of a Deployment: the Argo Rollout that takes its pods from it. Absent: it rolls them itself. */
  readonly rolledBy?: string;
  readonly images: readonly WorkloadImage[];
  /** The Secrets that its pods are pulled with; absent: it names none. */
  readonly pullSecrets?: readonly string[];
  /** Of a StatefulSet: how many pods it says to have. Their names follow from it. */
  readonly replicas?: number;
}

/**
 * What the agent in a stage's namespace is told: written by synthesis as JSON into the immutable ConfigMap
 * `patchway-config-<stage>-<hash>`, key `config.json`, and mounted into every pod of the agent.
 */
export interface StageConfig {
  readonly schemaVersion: 1;
  readonly policy: PolicyDocument;
  /** This stage's name. */
  readonly stage: string;
  readonly workloads: readonly WorkloadSummary[];
}

/** One index of the scan's Job: one reference of this stage. The list is `scanTargets(config.workloads)`, in that order. */
export interface ScanTarget {
  readonly reference: string;
  readonly repository: string;
  /** The image that the lock names: `repository:tag@digest`. */
  readonly locked: string;
  /** The name of the ConfigMap that keeps this repository's evidence. */
  readonly evidence: string;
  /** Names of the workloads that run it. Empty: the locked image is scanned. */
  readonly workloads: readonly string[];
  /** The Secrets that those workloads pull with; absent: they name none. */
  readonly pullSecrets?: readonly string[];
}
