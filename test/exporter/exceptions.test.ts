import { expect, it } from 'vitest';
import { metricsText } from '../../src/exporter/metrics.js';
import type { PolicyException } from '../../src/policy/policy.js';
import { config, policy, production, staging } from '../rules/storefront.js';

const accepted: PolicyException = { vulnerability: 'CVE-1', reason: 'a "reason"', approvedBy: 'Ann', expires: '2026-12-31T00:00:00Z' };

function told(stage: typeof staging, exceptions: readonly PolicyException[]): readonly string[] {
  const of = { ...config(stage), policy: { ...policy, exceptions } };
  const text = metricsText({ config: of, at: Date.parse('2026-11-21T12:00:00Z'), evidence: new Map() });
  return text.split('\n').filter((line) => line.startsWith('patchway_exception_expires_timestamp_seconds'));
}

it('the end of each exception that holds in the stage is served, once for the same findings, the last end', () => {
  const labels = 'policy="storefront",stage="production",namespace="storefront"';
  const exceptions = [
    accepted,
    { ...accepted, expires: '2026-12-30T00:00:00Z' },
    { ...accepted, package: 'openssl', image: 'ghcr.io/acme/web', stage: 'production', expires: '2026-01-01T00:00:00Z' },
    { ...accepted, vulnerability: 'CVE-2', stage: 'staging' },
  ];
  expect(told(production, exceptions)).toEqual([
    `patchway_exception_expires_timestamp_seconds{${labels},vulnerability="CVE-1",package="",image=""} 1798675200`,
    `patchway_exception_expires_timestamp_seconds{${labels},vulnerability="CVE-1",package="openssl",image="ghcr.io/acme/web"} 1767225600`,
  ]);
  expect(told(staging, exceptions).map((line) => /vulnerability="(.*?)"/.exec(line)?.[1])).toEqual(['CVE-1', 'CVE-2']);
  expect(told(production, [])).toEqual([]);
});
