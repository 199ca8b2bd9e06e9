import { aggregate, compare, number, subtract, time } from '../../promql.js';
import { type Alert, exported, PER_STAGE, type StageRules } from '../alert.js';
import { hasExceptions, PER_EXCEPTION } from '../exceptions.js';
import { elsewhere, FAR, sceneOf, timeline } from '../rule-test.js';

/** Fires from the end of an exception until it is removed from the policy, or prolonged. Its value is since how many seconds. */
export function exceptionExpired(context: StageRules): Alert | undefined {
  if (!hasExceptions(context)) return undefined;
  const ends = aggregate('max', [...PER_STAGE, ...PER_EXCEPTION], exported(context, 'patchway_exception_expires_timestamp_seconds'));
  return {
    alert: 'PatchwayExceptionExpired',
    expr: compare(subtract(time, ends), '>=', number(0)),
    for: 0,
    severity: 'warning',
    summary: 'The exception for {{ $labels.vulnerability }} has ended.',
    description:
      `The exception for {{ $labels.vulnerability }} in stage ${context.stage.name} (${context.stage.namespace}) ended {{ $value | humanizeDuration }} ago. ` +
      'Its findings count again.',
    tests: (wait) => {
      const t = timeline({ wait });
      const labels = { vulnerability: 'CVE-1', package: '', image: '' };
      const ends = sceneOf(context).stage('patchway_exception_expires_timestamp_seconds', t.values(t.age(0), t.age(0), FAR), labels);
      return { step: t.step, cases: [{ title: 'an exception that ends', series: [ends, elsewhere(ends, t.always(0))], at: t.at('') }] };
    },
  };
}
