import type { Manifest } from '../manifest/manifest.js';
import type { StageObjects } from './stage-objects.js';

/** Something that would hurt. */
export interface Finding {
  /** `Deployment/web spec.replicas` */
  readonly path: string;
  /** What would happen. */
  readonly message: string;
  /** What to do. */
  readonly hint?: string;
  /** A warning where others of the same check are errors. */
  readonly mild?: true;
}

/** One rule about a stage as it will be. */
export type Check = (stage: StageObjects) => readonly Finding[];

/** A rule about each workload by itself. */
export function eachWorkload(check: (workload: Manifest, stage: StageObjects) => readonly Finding[]): Check {
  return (stage) => stage.workloads.flatMap((workload) => check(workload, stage));
}
