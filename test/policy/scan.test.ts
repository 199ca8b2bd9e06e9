import { describe, expect, it } from 'vitest';
import { definePolicy } from '../../src/policy/define.js';
import type { ScanInput } from '../../src/policy/scan-input.js';

const scanOf = (scan: Partial<ScanInput>) =>
  definePolicy({
    name: 'shop',
    scan: { schedule: '0 3 * * *', scanners: [{ kind: 'grype' }], ...scan },
    gate: { deadlines: { critical: '2d', high: '7d', medium: '30d', low: '90d' } },
    stages: [{ name: 'staging', namespace: 'shop-staging' }],
  }).scan;

describe('what is kept of scans', () => {
  it('is nothing by default, and is not told to the agent', () => {
    for (const scan of [{}, { sbom: false }]) {
      expect(scanOf(scan)).not.toHaveProperty('sbom');
      expect(scanOf(scan)).not.toHaveProperty('cache');
    }
  });

  it('is an SBOM and databases where the policy asks', () => {
    expect(scanOf({ sbom: true, cache: 'vulnerability-databases' })).toMatchObject({ sbom: true, cache: 'vulnerability-databases' });
  });

  it('is refused where it is no name of a claim', () => {
    expect(() => scanOf({ cache: 'Databases!' })).toThrow(/scan\.cache: This is not the name of a Kubernetes object/);
  });
});
