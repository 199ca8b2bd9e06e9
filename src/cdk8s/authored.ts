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

/** The workloads of a tree that were written under this stage of this policy. */
export function authoredIn(scope: IConstruct, { policy, stage }: Setting): readonly WorkloadSummary[] {
  return scope.node.findAll().flatMap((construct: IConstruct & { readonly [AUTHORED]?: Authored }) => {
    const authored = construct[AUTHORED];
    return authored?.policy === policy.name && authored.stage === stage.name ? [authored.workload] : [];
  });
}
