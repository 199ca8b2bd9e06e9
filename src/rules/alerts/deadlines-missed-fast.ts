import { hasPromotion } from '../../policy/has-promotion.js';
import type { Alert, StageRules } from '../alert.js';
import { type Burning, burning, burningTests } from '../burning.js';
import { OBJECTIVE } from '../levels.js';

/** A quarter of all deadlines: a month's budget is gone within a week. */
const FAST: Burning = { rate: 5, short: '1d', long: '7d' };

/** Fires while, of the deadlines of the last day and of the last week, so many were missed that a month's budget lasts less than a week. */
export function deadlinesMissedFast(context: StageRules): Alert | undefined {
  if (!hasPromotion(context.policy, context.stage)) return undefined;
  return {
    alert: 'PatchwayDeadlinesMissedFast',
    expr: burning(context, FAST),
    for: 0,
    severity: 'critical',
    summary: `Many deadlines are missed in ${context.stage.namespace}.`,
    description:
      `Within a day and within a week, deadlines in stage ${context.stage.name} (${context.stage.namespace}) were missed {{ $value | humanize }} times as often as the ` +
      `objective of ${OBJECTIVE * 100} % allows.`,
    tests: (wait) => burningTests(context, FAST, wait),
  };
}
