import type { EngineName } from './engines.js';

/** How images move from stage to stage. */
export interface PromotionInput {
  /**
   * What does it: `jobs` in the cluster, or a forge's own workflows, which move the image lock by a request.
   * @default 'jobs'
   * @see docs/promotion-forge.md
   */
  readonly engine?: EngineName;
  /**
   * When promotion looks what is due: five-field cron in the policy's time zone.
   * @default every 10 minutes
   */
  readonly schedule?: string;
  /**
   * Whether the API server admits only pods whose images the lock names, or a promotion put there.
   * @default true
   */
  readonly guard?: boolean;
  /**
   * By which key images must be signed before the lock takes them.
   * @default none: signatures are not looked at
   */
  readonly signatures?: SignaturesInput;
}

/** Signatures as cosign makes them with a key. */
export interface SignaturesInput {
  /** A public key in PEM: the text of `cosign.pub`. */
  readonly publicKey: string;
  /**
   * The repositories whose images must be signed: in full, or the beginning of it and an asterisk, such as `ghcr.io/acme/*`.
   * @default all but those of Patchway's own tools
   */
  readonly repositories?: readonly string[];
  /**
   * What verifies signatures again when pods are made: `kyverno`, by an ImageValidatingPolicy.
   * @default 'none'
   */
  readonly admission?: 'kyverno' | 'none';
}
