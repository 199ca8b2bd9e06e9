import type { AlertRule } from './alert.js';
import { agentFailing } from './alerts/agent-failing.js';
import { approvalWaiting } from './alerts/approval-waiting.js';
import { baseBehind } from './alerts/base-behind.js';
import { breakGlass } from './alerts/break-glass.js';
import { databaseStale } from './alerts/database-stale.js';
import { deadlinesMissedFast } from './alerts/deadlines-missed-fast.js';
import { deadlinesMissedSlowly } from './alerts/deadlines-missed-slowly.js';
import { drift } from './alerts/drift.js';
import { endOfLife } from './alerts/end-of-life.js';
import { exceptionExpired } from './alerts/exception-expired.js';
import { exceptionExpiring } from './alerts/exception-expiring.js';
import { exceptionUnused } from './alerts/exception-unused.js';
import { exploitedFindingOpen } from './alerts/exploited-finding-open.js';
import { findingDueLater } from './alerts/finding-due-later.js';
import { findingDueSoon } from './alerts/finding-due-soon.js';
import { findingOverdue } from './alerts/finding-overdue.js';
import { gateClosed } from './alerts/gate-closed.js';
import { imageOld } from './alerts/image-old.js';
import { metricsAbsent } from './alerts/metrics-absent.js';
import { mutableTag } from './alerts/mutable-tag.js';
import { promotionBlocked } from './alerts/promotion-blocked.js';
import { replicasMissing } from './alerts/replicas-missing.js';
import { rolledBack } from './alerts/rolled-back.js';
import { rolloutStuck } from './alerts/rollout-stuck.js';
import { scanFailing } from './alerts/scan-failing.js';
import { scanMissing } from './alerts/scan-missing.js';
import { scanSlow } from './alerts/scan-slow.js';
import { soakRestarting } from './alerts/soak-restarting.js';
import { stageBehind } from './alerts/stage-behind.js';
import { windowMissed } from './alerts/window-missed.js';
import { workloadBelowBudget } from './alerts/workload-below-budget.js';
import { workloadUnavailable } from './alerts/workload-unavailable.js';

/** Without an exporter there are only the alerts that kube-state-metrics answers: the others would always or never fire. */
const byExporter =
  (rule: AlertRule): AlertRule =>
  (context) =>
    context.policy.monitoring.exporter ? rule(context) : undefined;

/** Every rule, by topic. */
export const TOPICS: Readonly<Record<string, readonly AlertRule[]>> = {
  scans: [byExporter(scanMissing), scanFailing, scanSlow, byExporter(databaseStale)],
  findings: [findingOverdue, findingDueSoon, findingDueLater, exploitedFindingOpen, endOfLife].map(byExporter),
  gate: [byExporter(gateClosed)],
  rollouts: [rolloutStuck, workloadUnavailable, replicasMissing, workloadBelowBudget, byExporter(rolledBack)],
  promotion: [promotionBlocked, soakRestarting, approvalWaiting, windowMissed, stageBehind].map(byExporter),
  images: [drift, imageOld, mutableTag, baseBehind].map(byExporter),
  exceptions: [exceptionExpiring, exceptionExpired, exceptionUnused].map(byExporter),
  guard: [byExporter(breakGlass)],
  objectives: [deadlinesMissedFast, deadlinesMissedSlowly].map(byExporter),
  patchway: [byExporter(metricsAbsent), agentFailing],
};
