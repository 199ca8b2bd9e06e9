import { aggregate, compare, number } from '../../promql.js';
import { type Alert, exported, PER_STAGE, type StageRules } from '../alert.js';
import { hasExceptions, PER_EXCEPTION } from '../exceptions.js';
import { elsewhere, sceneOf, timeline } from '../rule-test.js';

/** Fires for an exception that has been about nothing in the stage for an hour: it only waits to hide something. Not while scans are missing. */
export function exceptionUnused(context: StageRules): Alert | undefined {
  if (!hasExceptions(context)) return undefined;
  const findings = aggregate('max', [...PER_STAGE, ...PER_EXCEPTION], exported(context, 'patchway_exception_findings'));
  return {
    alert: 'PatchwayExceptionUnused',
    expr: compare(findings, '==', number(0)),
    for: 3_600_000,
    severity: 'info',
    summary: 'The exception for {{ $labels.vulnerability }} is about nothing.',
    description: `Nothing that runs in stage ${context.stage.name} (${context.stage.namespace}) has {{ $labels.vulnerability }} any more. The exception can go.`,
    tests: (wait) => {
      const t = timeline({ wait });
      const labels = { vulnerability: 'CVE-1', package: '', image: '' };
      const findings = sceneOf(context).stage('patchway_exception_findings', t.values(0, 1), labels);
      return {
        step: t.step,
        cases: [{ title: 'an exception without findings', series: [findings, elsewhere(findings, t.always(0))], at: t.at('') }],
      };
    },
  };
}
