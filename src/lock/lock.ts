/** How the release time of an image was found. */
export type ReleasedFrom = 'label' | 'config' | 'firstSeen';

/** What one reference means in one stage. */
export interface LockEntry {
  readonly tag: string;
  /** `sha256:` and 64 hex digits; the index's where there is one. */
  readonly digest: string;
  /** Digest per platform (`linux/amd64`), where `digest` is an index. */
  readonly platforms?: Readonly<Record<string, string>>;
  /** RFC 3339. */
  readonly releasedAt: string;
  readonly releasedFrom: ReleasedFrom;
  /** RFC 3339; set when promotion, not the lock, chose the digest. */
  readonly promotedAt?: string;
  /** A newer image that is not old enough yet and does not say when it was released: its age counts from here. */
  readonly held?: HeldImage;
}

export interface HeldImage {
  readonly digest: string;
  /** RFC 3339. */
  readonly firstSeenAt: string;
}

/** One of the programs that Patchway runs in the cluster: a scanner, or the Node that runs the agent. */
export interface ToolEntry {
  /** Repository without tag or digest. */
  readonly image: string;
  readonly tag: string;
  /** Absent until `patchway lock update` has resolved it; synthesis then asks for that. */
  readonly digest?: string;
}

/** `agent` is the stock Node image that runs the agent's bundle, `copa` one with the program `copa` in it. */
export type ToolName = 'agent' | 'trivy' | 'grype' | 'copa';

export interface ImageLock {
  readonly schemaVersion: 1;
  /** By normalised reference (`docker.io/library/nginx:latest`), then by stage. */
  readonly images: Readonly<Record<string, Readonly<Record<string, LockEntry>>>>;
  readonly tools: { readonly [T in ToolName]?: ToolEntry };
}
