/** What a check that does not hold is. */
export type CheckSeverity = 'error' | 'warn' | 'off';

/**
 * The checks that workloads undergo at synthesis, with what each is where a policy says nothing. On workloads that exist
 * already, and are only put under a policy, an error is a warning.
 * @see docs/checks.md
 */
export const CHECKS = {
  readiness: 'error',
  hastyLiveness: 'warn',
  slowStart: 'warn',
  shortGrace: 'warn',
  recreate: 'warn',
  singleReplica: 'error',
  blockedDrains: 'error',
  duplicateBudgets: 'error',
  sharedVolume: 'warn',
  hostPorts: 'warn',
  quota: 'warn',
  scaledReplicas: 'warn',
  latestTag: 'warn',
  pullNever: 'warn',
  // cdk8s-plus-28 writes it into every container: nobody's choice, as a rule.
  pullAlways: 'off',
  sharedSelector: 'warn',
  strayService: 'warn',
} as const satisfies Readonly<Record<string, CheckSeverity>>;

export type CheckName = keyof typeof CHECKS;

/** What a policy makes of checks by their names. */
export type CheckSeverities = { readonly [N in CheckName]?: CheckSeverity };

export const CHECK_NAMES = Object.keys(CHECKS) as readonly CheckName[];
