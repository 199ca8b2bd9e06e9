import { aggregate, compare, number } from '../../promql.js';
import { type Alert, BRIDGE, exported, type StageRules } from '../alert.js';

/** Fires while a pod runs that a label let past the guard. Its value is how many there are. */
export function breakGlass(context: StageRules): Alert {
  const { namespace } = context.stage;
  return {
    alert: 'PatchwayBreakGlass',
    expr: compare(aggregate('max', ['policy', 'stage', 'namespace'], exported(context, 'patchway_break_glass_pods')), '>', number(0)),
    for: 0,
    keepFiringFor: BRIDGE,
    severity: 'warning',
    summary: `Pods in ${namespace} run past the guard.`,
    description: `{{ $value }} pods in ${namespace} carry the label patchway.dev/break-glass: their images may be ones that neither the lock nor a promotion names.`,
  };
}
