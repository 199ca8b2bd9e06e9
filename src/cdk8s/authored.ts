import type { IConstruct } from 'constructs';
import type { WorkloadSummary } from '../manifest/stage-config.js';
import type { Setting } from './adopt-parts.js';

const AUTHORED = Symbol.for('patchway.authored');

/** A workload that a construct of Patchway's wrote under a policy by itself. */
interface Authored {
  readonly policy: string;
  readonly stage: string;
  readonly workload: WorkloadSummary;
}

export function markAuthored(construct: IConstruct, { policy, stage }: Setting, workload: WorkloadSummary): void {
  const authored: Authored = { policy: policy.name, stage: stage.name, workload };
  Object.defineProperty(construct, AUTHORED, { value: authored });
}

/** The workloads among these constructs that were written under this stage of this policy. */
export function authoredAmong(constructs: readonly IConstruct[], { policy, stage }: Setting): ReadonlyMap<IConstruct, WorkloadSummary> {
  const found = new Map<IConstruct, WorkloadSummary>();
  for (const construct of constructs) {
    const authored = authoredOf(construct);
    if (authored?.policy === policy.name && authored.stage === stage.name) found.set(construct, authored.workload);
  }
  return found;
}

function authoredOf(construct: IConstruct & { readonly [AUTHORED]?: Authored }): Authored | undefined {
  return construct[AUTHORED];
}
