/** What an engine can do; asking for more is an error that names one which can. */
export interface PromotionCapabilities {
  readonly windows: boolean;
  readonly soak: boolean;
  /** How old images come back: by the engine itself, or by a request that a person merges. */
  readonly rollback: 'itself' | 'request';
  /** Whether it can watch what others roll out. */
  readonly watch: boolean;
  /** Whether stages may be in different clusters. */
  readonly otherClusters: boolean;
  /** What it moves: images in the cluster, or the lock in git. */
  readonly moves: 'cluster' | 'lock';
}

/** A forge moves the lock by a request, and the lock moves the cluster. */
const FORGE: PromotionCapabilities = {
  windows: true,
  soak: true,
  rollback: 'request',
  watch: false,
  otherClusters: true,
  moves: 'lock',
};

/** Every engine by its name. */
export const ENGINES = {
  jobs: { windows: true, soak: true, rollback: 'itself', watch: true, otherClusters: false, moves: 'cluster' },
  'github-actions': FORGE,
  'gitlab-ci': FORGE,
} as const satisfies Readonly<Record<string, PromotionCapabilities>>;

export type EngineName = keyof typeof ENGINES;

export const ENGINE_NAMES: readonly EngineName[] = ['jobs', 'github-actions', 'gitlab-ci'];

/** The engines that can do something, in words: `github-actions or gitlab-ci`. */
export function enginesThat(can: (capabilities: PromotionCapabilities) => boolean): string {
  return ENGINE_NAMES.filter((name) => can(ENGINES[name])).join(' or ');
}

/** Whether promotion by this engine changes the lock, and never the cluster. */
export function movesLock({ engine }: { readonly engine: EngineName }): boolean {
  return ENGINES[engine].moves === 'lock';
}
