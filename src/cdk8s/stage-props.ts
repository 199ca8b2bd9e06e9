import type { ImageLock } from '../lock/lock.js';
import type { Policy } from '../policy/policy.js';

/** What every construct is told: the policy, which of its stages, and the images. */
export interface StageProps<S extends string = string> {
  readonly policy: Policy<S>;
  /** The name of one of the policy's stages. */
  readonly stage: NoInfer<S>;
  /** `loadLock('images.lock.yaml')` */
  readonly lock: ImageLock;
}
