import type { Problem } from '../problem.js';
import type { Check, Draft } from './checks/check.js';
import { deadlinesAreGiven, deadlinesFollowSeverity, presetIsKept } from './checks/deadlines.js';
import { budgetAllowsDrains } from './checks/disruption-budget.js';
import { engineReachesClusters, engineWatches } from './checks/engine.js';
import { exceptionsDiffer, exceptionsNameStages } from './checks/exceptions.js';
import { deadlinesAreAlwaysMet, deadlinesCanBeMet } from './checks/in-time.js';
import { evidenceOutlivesScans, rolloutCanMove, rolloutCanSucceed, scannersDiffer } from './checks/rollout-and-scan.js';
import { scannersAreReached } from './checks/scanners.js';
import { schedulesFire } from './checks/schedules.js';
import { soaksFitDeadlines } from './checks/soak.js';
import {
  approvalsArePromotions,
  stageNamesDiffer,
  stageNamespacesDiffer,
  stagesComeAfterStages,
  stagesHaveAnOrder,
} from './checks/stages.js';
import { freezesLeaveTime, windowsEndAfterTheyBegin, windowsFitRollouts, windowsOpen } from './checks/windows.js';

const CHECKS: readonly Check[] = [
  schedulesFire,
  scannersDiffer,
  scannersAreReached,
  evidenceOutlivesScans,
  deadlinesAreGiven,
  deadlinesFollowSeverity,
  presetIsKept,
  exceptionsNameStages,
  exceptionsDiffer,
  rolloutCanMove,
  rolloutCanSucceed,
  budgetAllowsDrains,
  windowsEndAfterTheyBegin,
  windowsFitRollouts,
  windowsOpen,
  freezesLeaveTime,
  stageNamesDiffer,
  stageNamespacesDiffer,
  stagesComeAfterStages,
  approvalsArePromotions,
  stagesHaveAnOrder,
  engineReachesClusters,
  engineWatches,
  soaksFitDeadlines,
  deadlinesCanBeMet,
];

/** What every rule about fields together finds. */
export function findings(draft: Draft): readonly Problem[] {
  return CHECKS.flatMap((check) => check(draft));
}

/** What takes long to find, and is only ever a warning. */
export function laterFindings(draft: Draft): readonly Problem[] {
  return deadlinesAreAlwaysMet(draft);
}
