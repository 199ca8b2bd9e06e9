import type { Duration } from './duration.js';
import type { ScannerKind } from './policy.js';

/** How often images are scanned, and by what. */
export interface ScanInput {
  /** Five-field cron in the policy's time zone; `H` as the minute spreads by the policy's name. */
  readonly schedule: string;
  /** The scanners; their findings are joined. */
  readonly scanners: readonly ScannerInput[];
  /**
   * How many images are scanned at the same time.
   * @default 4
   */
  readonly parallelism?: number;
  /**
   * How long one image may take, fetching included.
   * @default '15m'
   */
  readonly timeout?: Duration;
  /**
   * How many finished runs are kept.
   * @default 3
   */
  readonly keep?: number;
  /**
   * Whether the SBOM of each image that was scanned is kept, in CycloneDX, beside its evidence. Trivy writes it.
   * @default false
   */
  readonly sbom?: boolean;
  /**
   * Name of a PersistentVolumeClaim in the stage's namespace that keeps the vulnerability databases, so that they are
   * not downloaded once per image.
   * @default none
   */
  readonly cache?: string;
  /**
   * Name of a Secret of type `kubernetes.io/dockerconfigjson` in the stage's namespace, for images whose workloads name
   * none that opens their registry.
   * @default anonymous
   */
  readonly registrySecret?: string;
  /**
   * Name of a ConfigMap in the stage's namespace whose key `ca.crt` holds the registry's certificate authority.
   * @default the public authorities
   */
  readonly registryCa?: string;
}

/** One scanner of a policy. */
export interface ScannerInput {
  /** Which scanner. */
  readonly kind: ScannerKind;
  /**
   * A mirror of the vulnerability database: an OCI reference for Trivy, the URL of a listing for Grype.
   * @default the scanner's own
   */
  readonly database?: string;
  /**
   * The URL of the Clair server that indexes images and reports on them: for Clair, which needs it, and for no other.
   * @default none
   */
  readonly server?: string;
  /**
   * More arguments for the scanner, after Patchway's own.
   * @default none
   */
  readonly args?: readonly string[];
  /**
   * Requests and limits of the scanner's container.
   * @default what the scanner needs for a common image
   */
  readonly resources?: ResourcesInput;
}

/** Requests and limits of a container. */
export interface ResourcesInput {
  /** What the scheduler sets aside. */
  readonly requests: QuantitiesInput;
  /** What the container never gets more of. */
  readonly limits: QuantitiesInput;
}

/** Amounts in Kubernetes' notation, such as `500m` and `1Gi`. */
export interface QuantitiesInput {
  /** Processor time: `500m` is half a core. */
  readonly cpu?: string;
  /** Memory: `1Gi`. */
  readonly memory?: string;
  /** Space on the node's disk: `4Gi`. */
  readonly 'ephemeral-storage'?: string;
}
