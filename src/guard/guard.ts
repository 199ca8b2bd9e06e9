import type { ImageLock } from '../lock/lock.js';
import type { WorkloadSummary } from '../manifest/stage-config.js';
import type { PolicyDocument, Stage } from '../policy/policy.js';

/** The stage that is guarded. */
export interface GuardOptions {
  readonly policy: PolicyDocument;
  readonly stage: Stage;
  readonly workloads: readonly WorkloadSummary[];
  readonly lock: ImageLock;
  /** Images, as written, of objects in the stage that Patchway does not cover: they may run. @default none */
  readonly uncovered?: readonly string[];
}
