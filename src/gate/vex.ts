import type { Purl } from './purl.js';

/** What an OpenVEX document of the version that is read and written starts with. */
export const VEX_CONTEXT = 'https://openvex.dev/ns/v0.2.0';

export const VEX_STATUSES = ['not_affected', 'affected', 'fixed', 'under_investigation'] as const;

export const VEX_JUSTIFICATIONS = [
  'component_not_present',
  'vulnerable_code_not_present',
  'vulnerable_code_not_in_execute_path',
  'vulnerable_code_cannot_be_controlled_by_adversary',
  'inline_mitigations_already_exist',
] as const;

/** What somebody states about one vulnerability in some products. */
export interface VexStatement {
  /** The document's file. */
  readonly source: string;
  /** RFC 3339: of two statements about one thing the later counts. */
  readonly at: string;
  /** All names of the vulnerability. */
  readonly vulnerability: readonly string[];
  readonly status: (typeof VEX_STATUSES)[number];
  /** Why, for a person. */
  readonly reason: string;
  /** It is about none where it names none. */
  readonly products: readonly VexProduct[];
  /** On a statement that is an exception of a policy: who accepted it, and until when (RFC 3339). */
  readonly accepted?: { readonly by: string; readonly expires: string };
}

/** Something by its package URLs; by none where it is named in another way, which matches nothing. */
export interface VexComponent {
  readonly purls: readonly Purl[];
}

/** An image, or a package in any image. */
export interface VexProduct extends VexComponent {
  /** `sha256:…` */
  readonly digests: readonly string[];
  /** The parts of it that the statement is about; empty: all of it. */
  readonly subcomponents: readonly VexComponent[];
}
