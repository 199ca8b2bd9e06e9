import type { Milliseconds } from '../../policy/policy.js';
import { aggregate, compare, promDuration, seconds } from '../../promql.js';
import { type Alert, BRIDGE, exported, PER_STAGE, type StageRules } from '../alert.js';
import { elsewhere, sceneOf, timeline } from '../rule-test.js';

/** Trivy's database is built every six hours and Grype's every day: one of three days is a copy that nobody renews. */
const STALE: Milliseconds = 3 * 86_400_000;

/** Fires where a scanner used a database that was more than three days old: what became known since was not looked for. Its value is its age in seconds. */
export function databaseStale(context: StageRules): Alert {
  const age = aggregate('max', [...PER_STAGE, 'scanner'], exported(context, 'patchway_scan_database_age_seconds'));
  return {
    alert: 'PatchwayDatabaseStale',
    expr: compare(age, '>', seconds(STALE)),
    for: 0,
    keepFiringFor: BRIDGE,
    severity: 'warning',
    summary: `Scans of ${context.stage.namespace} use an old database.`,
    description:
      `The database that {{ $labels.scanner }} used on images of ${context.stage.namespace} was {{ $value | humanizeDuration }} old, more than ${promDuration(STALE)}. ` +
      'What became known since then was not looked for.',
    tests: (wait) => {
      const t = timeline({ wait, keep: BRIDGE });
      const limit = STALE / 1000;
      const age = sceneOf(context).stage('patchway_scan_database_age_seconds', t.values(1.05 * limit, limit), { scanner: 'grype' });
      return {
        step: t.step,
        cases: [{ title: 'a database that grows old', series: [age, elsewhere(age, t.always(2 * limit))], at: t.at('') }],
      };
    },
  };
}
