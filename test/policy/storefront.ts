import type { PolicyInput } from '../../src/policy/input.js';

/** A policy without any problem or warning, with parts replaced. */
export function storefront(rest: Partial<PolicyInput> = {}): PolicyInput {
  return {
    name: 'storefront',
    scan: { schedule: '17 3 * * *', scanners: [{ kind: 'grype' }] },
    gate: { deadlines: { critical: '7d', high: '14d', medium: '30d', low: '90d' } },
    stages: [
      { name: 'staging', namespace: 'storefront-staging' },
      { name: 'production', namespace: 'storefront', after: ['staging'], soak: '48h' },
    ],
    ...rest,
  };
}
