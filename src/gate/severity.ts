import { SEVERITIES, type Severity } from '../policy/policy.js';

type Rating = Severity | 'unknown';

/** The more severe of two ratings; an unknown one says nothing. */
export function mostSevere(a: Rating, b: Rating): Rating {
  return rank(a) <= rank(b) ? a : b;
}

/** 0 is critical; unknown comes last. */
export function rank(severity: Rating): number {
  return severity === 'unknown' ? SEVERITIES.length : SEVERITIES.indexOf(severity);
}
