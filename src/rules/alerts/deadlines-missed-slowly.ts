import { hasPromotion } from '../../policy/has-promotion.js';
import type { Alert, StageRules } from '../alert.js';
import { type Burning, burning, burningTests } from '../burning.js';
import { OBJECTIVE } from '../levels.js';

/** The budget itself. */
const SLOW: Burning = { rate: 1, short: '7d', long: '30d' };

/** Fires while more deadlines of the last week and of the last 30 days were missed than the objective allows. */
export function deadlinesMissedSlowly(context: StageRules): Alert | undefined {
  if (!hasPromotion(context.policy, context.stage)) return undefined;
  return {
    alert: 'PatchwayDeadlinesMissedSlowly',
    expr: burning(context, SLOW),
    for: 0,
    severity: 'warning',
    summary: `More deadlines are missed in ${context.stage.namespace} than may be.`,
    description:
      `Within a week and within 30 days, deadlines in stage ${context.stage.name} (${context.stage.namespace}) were missed {{ $value | humanize }} times as often as the ` +
      `objective of ${OBJECTIVE * 100} % allows.`,
    tests: (wait) => burningTests(context, SLOW, wait),
  };
}
