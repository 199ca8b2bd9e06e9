import type { Milliseconds } from '../policy/policy.js';
import { aggregate, and, compare, type Expression, number } from '../promql.js';
import { PER_STAGE, type StageRules } from './alert.js';
import { burnRate, OBJECTIVE, type Within } from './levels.js';
import { type RuleTests, sceneOf, timeline } from './rule-test.js';

/** How fast the budget of missed deadlines may burn, over a short and a long time. */
export interface Burning {
  readonly rate: number;
  readonly short: Within;
  readonly long: Within;
}

/** Stages whose budget burns faster than that over both: the long one shows that it matters, the short one that it goes on. */
export function burning(context: StageRules, { rate, short, long }: Burning): Expression {
  const over = (within: Within) => compare(aggregate('max', PER_STAGE, burnRate(context, within)), '>', number(rate));
  return and(over(short), PER_STAGE, over(long));
}

/** Shows that both times count, and the rate itself does not. */
export function burningTests(context: StageRules, { rate, short, long }: Burning, wait: Milliseconds): RuleTests {
  const scene = sceneOf(context);
  const t = timeline({ wait });
  // Of a thousand deadlines.
  const limit = Math.round(rate * (1 - OBJECTIVE) * 1000);
  const some = Math.max(1, Math.round(limit * 0.05));
  const [over, under] = [limit + some, limit];
  const missed = (within: Within, values: (missing: number, than: number) => string) => [
    scene.stage('patchway_deadlines', values(over, under), { severity: 'high', within, met: 'false' }),
    scene.stage('patchway_deadlines', values(1000 - over, 1000 - under), { severity: 'high', within, met: 'true' }),
  ];
  const always = (which: 'over' | 'under') => (missing: number, than: number) => t.always(which === 'over' ? missing : than);
  return {
    step: t.step,
    cases: [
      { title: `too many within ${short}`, series: [...missed(short, t.values), ...missed(long, always('over'))], at: t.at('') },
      { title: `too many within ${long}`, series: [...missed(short, always('over')), ...missed(long, t.values)], at: t.at('') },
      { title: 'as many as may be', series: [...missed(short, always('over')), ...missed(long, always('under'))], at: t.never },
    ],
  };
}
