import type { ImageLock } from '../lock/lock.js';
import { applyEdits } from '../manifest/edit.js';
import type { Manifest } from '../manifest/manifest.js';
import { lockedImages } from '../manifest/workload.js';
import type { Stage, Verification } from '../policy/policy.js';
import type { Problem } from '../problem.js';
import { isObject } from './fields.js';
import { restrictionEdits } from './restrict.js';

export interface LockedStage {
  readonly stage: Stage;
  readonly problems: readonly Problem[];
}

/** A stage whose verifying Jobs run locked images under the Pod Security Standard "restricted", as its workloads do. */
export function withLockedVerification(stage: Stage, lock: ImageLock): LockedStage {
  const { verify } = stage;
  if (verify === undefined) return { stage, problems: [] };
  const locked = verify.map((verification, index) => lockedVerification(verification, index, stage, lock));
  return {
    stage: { ...stage, verify: locked.map((each) => each.verification) },
    problems: locked.flatMap(({ problems }) => problems),
  };
}

function lockedVerification(verification: Verification, index: number, stage: Stage, lock: ImageLock) {
  if (verification.kind !== 'job') return { verification, problems: [] };
  const { pod } = verification;
  const job: Manifest = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: `stages.${stage.name}.verify[${index}]` },
    spec: { template: { spec: { restartPolicy: 'Never', automountServiceAccountToken: false, ...pod } } },
  };
  const { edits, problems } = lockedImages(job, lock, stage.name);
  const restricted = applyEdits(job, [...edits, ...restrictionEdits(job)]);
  return { verification: { ...verification, pod: podOf(restricted) }, problems };
}

function podOf({ spec }: Manifest): Readonly<Record<string, unknown>> {
  const template = isObject(spec) ? spec.template : undefined;
  return isObject(template) && isObject(template.spec) ? template.spec : {};
}
