import { aggregate, compare, number } from '../../promql.js';
import { type Alert, BRIDGE, exported, type StageRules } from '../alert.js';
import { elsewhere, sceneOf, timeline } from '../rule-test.js';

/** Fires while a pod runs that a label let past the guard. Its value is how many there are. */
export function breakGlass(context: StageRules): Alert | undefined {
  if (context.policy.promotion.guard === false) return undefined;
  const { namespace } = context.stage;
  return {
    alert: 'PatchwayBreakGlass',
    expr: compare(aggregate('max', ['policy', 'stage', 'namespace'], exported(context, 'patchway_break_glass_pods')), '>', number(0)),
    for: 0,
    keepFiringFor: BRIDGE,
    severity: 'warning',
    summary: `Pods in ${namespace} run past the guard.`,
    description: `{{ $value }} pods in ${namespace} carry the label patchway.dev/break-glass: their images may be ones that neither the lock nor a promotion names.`,
    tests: (wait) => {
      const t = timeline({ wait, keep: BRIDGE });
      const pods = sceneOf(context).stage('patchway_break_glass_pods', t.values(1, 0));
      return { step: t.step, cases: [{ title: 'a pod past the guard', series: [pods, elsewhere(pods, t.always(1))], at: t.at('') }] };
    },
  };
}
