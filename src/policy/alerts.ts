/** Every alert by its name. */
export const ALERT_NAMES = [
  'PatchwayScanMissing',
  'PatchwayScanFailing',
  'PatchwayScanSlow',
  'PatchwayDatabaseStale',
  'PatchwayMetricsAbsent',
  'PatchwayAgentFailing',
  'PatchwayFindingOverdue',
  'PatchwayFindingDueSoon',
  'PatchwayFindingDueLater',
  'PatchwayExploitedFindingOpen',
  'PatchwayEndOfLife',
  'PatchwayGateClosed',
  'PatchwayRolloutStuck',
  'PatchwayWorkloadUnavailable',
  'PatchwayReplicasMissing',
  'PatchwayWorkloadBelowBudget',
  'PatchwayRolledBack',
  'PatchwayPromotionBlocked',
  'PatchwaySoakRestarting',
  'PatchwayApprovalWaiting',
  'PatchwayWindowMissed',
  'PatchwayStageBehind',
  'PatchwayDrift',
  'PatchwayImageOld',
  'PatchwayMutableTag',
  'PatchwayBaseBehind',
  'PatchwayExceptionExpiring',
  'PatchwayExceptionExpired',
  'PatchwayExceptionUnused',
  'PatchwayBreakGlass',
  'PatchwayDeadlinesMissedFast',
  'PatchwayDeadlinesMissedSlowly',
] as const;

export type AlertName = (typeof ALERT_NAMES)[number];

/** How much an alert matters: somebody is to act at once, on a working day, or only to know. */
export type AlertSeverity = 'critical' | 'warning' | 'info';

export const ALERT_SEVERITIES: readonly AlertSeverity[] = ['critical', 'warning', 'info'];

/** How alerts reach whatever evaluates them. */
export type RulesFormat = 'operator' | 'rules-file' | 'mimir' | 'thanos';

export const RULES_FORMATS: readonly RulesFormat[] = ['operator', 'rules-file', 'mimir', 'thanos'];
