import type { Milliseconds } from '../policy/policy.js';
import { aggregate, compare, type Expression, or, seconds, subtract, time } from '../promql.js';
import { exported, PER_WORKLOAD, type StageRules } from './alert.js';
import { elsewhere, FAR, type RuleTests, sceneOf, timeline } from './rule-test.js';

/** How long before deadlines of these severities something begins to hold, and until when. */
export interface DueRange {
  readonly severities: readonly string[];
  readonly to: Milliseconds;
  readonly from: Milliseconds;
}

const DUE = 'patchway_finding_due_timestamp_seconds';

/** Workloads with a deadline that is no further away than `to`, and further than `from`; the value is how many seconds are left. */
export function dueWithin(context: StageRules, ranges: readonly DueRange[]): Expression {
  const within = ranges.map(({ severities, to, from }) => {
    const due = aggregate('min', [...PER_WORKLOAD, 'severity'], exported(context, DUE, { severity: { oneOf: severities } }));
    return compare(compare(subtract(due, time), '<=', seconds(to)), '>', seconds(from));
  });
  return aggregate(
    'min',
    PER_WORKLOAD,
    within.reduce((some, more) => or(some, more)),
  );
}

/** Shows of each range where it begins, and where it ends. */
export function dueTests(context: StageRules, ranges: readonly DueRange[], wait: Milliseconds): RuleTests {
  const { workload, of } = sceneOf(context);
  const t = timeline({ wait, lengths: ranges.flatMap(({ to, from }) => [to, from, to - from]) });
  const cases = ranges.flatMap(({ severities, to, from }) =>
    severities.flatMap((severity) => {
      const begins = of(DUE, t.values(t.age(-to), t.age(-to), FAR), { severity });
      const ends = of(DUE, t.always(t.age(-from)), { severity });
      return [
        { title: `${severity}, as a deadline comes near`, series: [begins, elsewhere(begins, t.always(t.age(-to)))], at: t.at(workload) },
        { title: `${severity}, as a deadline comes nearer still`, series: [ends], at: t.until(workload) },
      ];
    }),
  );
  return { step: t.step, cases };
}
