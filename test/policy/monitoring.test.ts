import { describe, expect, it } from 'vitest';
import type { MonitoringInput } from '../../src/policy/input.js';
import { parsePolicy } from '../../src/policy/parse.js';

const monitoring = (input: MonitoringInput) =>
  parsePolicy({
    name: 'shop',
    scan: { schedule: '0 3 * * *', scanners: [{ kind: 'grype' }] },
    gate: { preset: 'bod26-04' },
    stages: [{ name: 'production', namespace: 'shop' }],
    monitoring: input,
  }).policy?.monitoring;

describe('what a policy says of alerts', () => {
  it('is nothing by default', () => {
    expect(monitoring({})).not.toHaveProperty('severities');
    expect(monitoring({})).not.toHaveProperty('disable');
    expect(monitoring({})).not.toHaveProperty('override');
  });

  it('is kept by name, with lengths of time in milliseconds', () => {
    const labels = { team: 'shop' };
    expect(
      monitoring({
        severities: { critical: 'page' },
        disable: ['PatchwayImageOld'],
        override: { PatchwayDrift: { for: '2h', severity: 'page', labels }, PatchwayScanMissing: { summary: 'No scan.' } },
      }),
    ).toMatchObject({
      severities: { critical: 'page' },
      disable: ['PatchwayImageOld'],
      override: { PatchwayDrift: { for: 7_200_000, severity: 'page', labels }, PatchwayScanMissing: { summary: 'No scan.' } },
    });
  });

  it.each(['operator', 'rules-file', 'mimir', 'thanos'] as const)('may be written for %s', (prometheus) => {
    expect(monitoring({ prometheus })?.prometheus).toBe(prometheus);
  });
});
