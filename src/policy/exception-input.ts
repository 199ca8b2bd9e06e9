/** A finding that is accepted until an instant. */
export interface ExceptionInput<N extends string = string> {
  /** The vulnerability by any of its names: `CVE-2024-13176`, a GHSA, or a distribution's advisory. */
  readonly vulnerability: string;
  /**
   * The source package, as the verdict names it.
   * @default every package that has the vulnerability
   */
  readonly package?: string;
  /**
   * The image's repository, such as `ghcr.io/acme/web`, or one image by its digest: `ghcr.io/acme/web@sha256:…`.
   * @default every image
   */
  readonly image?: string;
  /**
   * The stage it holds in.
   * @default every stage
   */
  readonly stage?: NoInfer<N>;
  /** Why the finding may stay. */
  readonly reason: string;
  /** Who accepted that. */
  readonly approvedBy: string;
  /**
   * When it ends: an instant with its offset (`2027-01-31T18:00:00Z`), or a date, at whose end in the policy's time zone it does.
   */
  readonly expires: string;
}
