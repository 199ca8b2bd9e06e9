import type { Manifest } from '../manifest/manifest.js';
import type { PolicyDocument, Stage } from '../policy/policy.js';
import { CHECK_NAMES, CHECKS, type CheckName, type CheckSeverity } from '../policy/synthesis-checks.js';
import type { Problem } from '../problem.js';
import { blockedDrains } from './blocked-drains.js';
import { type Check, eachWorkload, type Finding } from './check.js';
import { duplicateBudgets } from './duplicate-budgets.js';
import { hastyLiveness } from './hasty-liveness.js';
import { hostPorts } from './host-ports.js';
import { latestTag } from './latest-tag.js';
import { pullAlways, pullNever } from './pull-policy.js';
import { quota } from './quota.js';
import { readiness } from './readiness.js';
import { recreate } from './recreate.js';
import { scaledReplicas } from './scaled-replicas.js';
import { sharedSelector } from './shared-selector.js';
import { sharedVolume } from './shared-volume.js';
import { shortGrace } from './short-grace.js';
import { singleReplica } from './single-replica.js';
import { slowStart } from './slow-start.js';
import { stageObjects } from './stage-objects.js';
import { strayService } from './stray-service.js';

export interface ChecksInput {
  readonly policy: PolicyDocument;
  readonly stage: Stage;
  /** Those that are under the policy, as they will be: after its edits. */
  readonly workloads: readonly Manifest[];
  /** The other objects of the stage, as they will be. */
  readonly beside: readonly Manifest[];
  /** Whether the workloads exist already: what runs, somehow, is warned of and not refused, unless the policy says otherwise. @default false */
  readonly adopted?: boolean;
}

const RUN: Readonly<Record<CheckName, Check>> = {
  readiness: eachWorkload(readiness),
  hastyLiveness: eachWorkload(hastyLiveness),
  slowStart: eachWorkload(slowStart),
  shortGrace: eachWorkload(shortGrace),
  recreate: eachWorkload(recreate),
  singleReplica,
  blockedDrains,
  duplicateBudgets,
  sharedVolume,
  hostPorts: eachWorkload(hostPorts),
  quota,
  scaledReplicas: eachWorkload(scaledReplicas),
  latestTag: eachWorkload(latestTag),
  pullNever: eachWorkload(pullNever),
  pullAlways: eachWorkload(pullAlways),
  sharedSelector: eachWorkload(sharedSelector),
  strayService,
};

/** What would hurt in a stage, at the severities that the policy sets. Linear in its objects. */
export function checkStage({ policy, stage, workloads, beside, adopted = false }: ChecksInput): readonly Problem[] {
  const objects = stageObjects(workloads, beside, stage.namespace);
  return CHECK_NAMES.flatMap((name) => {
    const severityOf = (finding: Finding) => policy.checks?.[name] ?? usual(CHECKS[name], finding, adopted);
    if ((policy.checks?.[name] ?? CHECKS[name]) === 'off') return [];
    return RUN[name](objects).flatMap((finding) => problemOf(finding, name, severityOf(finding)));
  });
}

/** A step milder where a finding is mild, and where workloads exist already. */
function usual(severity: CheckSeverity, { mild }: Finding, adopted: boolean): CheckSeverity {
  if (severity !== 'error') return severity;
  if (mild === true && adopted) return 'off';
  return mild === true || adopted ? 'warn' : 'error';
}

function problemOf({ path, message, hint }: Finding, name: CheckName, severity: CheckSeverity): readonly Problem[] {
  if (severity === 'off') return [];
  const named = `${hint === undefined ? '' : `${hint} `}[check ${name}]`;
  return [{ path, message, hint: named, severity: severity === 'error' ? 'error' : 'warning' }];
}
