/**
 * On the guard's ServiceAccount: what may run, one digest or image a line, by synthesis and by the promoter.
 *
 * A ServiceAccount, and not a ConfigMap: once no binding in a cluster names ConfigMaps as parameters, its API servers forget
 * for good to look at them, and keep every pod out, or go by what they last saw. ServiceAccounts they always watch.
 * @see https://github.com/kubernetes/kubernetes/issues/130887
 */
export const KNOWN = { lock: 'patchway.dev/lock', promoted: 'patchway.dev/promoted' } as const;

/** On a pod: lets it run what nobody knows, and says why. */
export const BREAK_GLASS = 'patchway.dev/break-glass';

/** Labels of every object that Patchway makes for itself (scans, promotion, exporter, rules). */
export function ownLabels(
  policy: string,
  stage: string,
  component: 'scan' | 'promotion' | 'exporter' | 'rules' | 'guard' | 'verification' | 'agent' | 'copa',
): Record<string, string> {
  return {
    'app.kubernetes.io/name': `patchway-${component}`,
    'app.kubernetes.io/part-of': policy,
    'app.kubernetes.io/managed-by': 'patchway',
    'patchway.dev/policy': policy,
    'patchway.dev/stage': stage,
  };
}
