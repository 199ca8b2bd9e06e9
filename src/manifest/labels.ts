/** On a pod: lets it run what nobody knows, and says why. */
export const BREAK_GLASS = 'patchway.dev/break-glass';

/** Labels of every object that Patchway makes for itself (scans, promotion, exporter, rules). */
export function ownLabels(
  policy: string,
  stage: string,
  component: 'scan' | 'promotion' | 'exporter' | 'rules' | 'guard' | 'verification' | 'agent',
): Record<string, string> {
  return {
    'app.kubernetes.io/name': `patchway-${component}`,
    'app.kubernetes.io/part-of': policy,
    'app.kubernetes.io/managed-by': 'patchway',
    'patchway.dev/policy': policy,
    'patchway.dev/stage': stage,
  };
}
