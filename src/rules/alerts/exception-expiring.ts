import type { Milliseconds } from '../../policy/policy.js';
import { aggregate, compare, number, promDuration, seconds, subtract, time } from '../../promql.js';
import { type Alert, exported, PER_STAGE, type StageRules } from '../alert.js';
import { hasExceptions, PER_EXCEPTION } from '../exceptions.js';
import { elsewhere, FAR, sceneOf, timeline } from '../rule-test.js';

/** How long before its end an exception is told of: time to fix, or to decide anew. */
const SOON: Milliseconds = 14 * 86_400_000;

/** Fires from two weeks before an exception ends until it does. Its value is how many seconds are left. */
export function exceptionExpiring(context: StageRules): Alert | undefined {
  if (!hasExceptions(context)) return undefined;
  const ends = aggregate('min', [...PER_STAGE, ...PER_EXCEPTION], exported(context, 'patchway_exception_expires_timestamp_seconds'));
  return {
    alert: 'PatchwayExceptionExpiring',
    expr: compare(compare(subtract(ends, time), '<=', seconds(SOON)), '>', number(0)),
    for: 0,
    severity: 'warning',
    summary: 'The exception for {{ $labels.vulnerability }} ends soon.',
    description:
      `The exception for {{ $labels.vulnerability }} in stage ${context.stage.name} (${context.stage.namespace}) ends in {{ $value | humanizeDuration }}. ` +
      `From then on its findings count again. This is told ${promDuration(SOON)} ahead.`,
    tests: (wait) => {
      const scene = sceneOf(context);
      const t = timeline({ wait, lengths: [SOON] });
      const ends = (values: string) =>
        scene.stage('patchway_exception_expires_timestamp_seconds', values, { vulnerability: 'CVE-1', package: '', image: '' });
      const soon = ends(t.values(t.age(-SOON), t.age(-SOON), FAR));
      return {
        step: t.step,
        cases: [
          { title: 'an exception that ends soon', series: [soon, elsewhere(soon, t.always(t.age(-SOON)))], at: t.at('') },
          { title: 'an exception that ends', series: [ends(t.always(t.age(0)))], at: t.until('') },
        ],
      };
    },
  };
}
