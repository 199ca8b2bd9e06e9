import { describe, expect, it } from 'vitest';
import { definePolicy } from '../../src/policy/define.js';
import { expiryOf, imageScope } from '../../src/policy/exceptions.js';
import type { ExceptionInput } from '../../src/policy/input.js';
import { parsePolicy } from '../../src/policy/parse.js';
import { formatProblem } from '../../src/problem.js';
import { storefront } from './storefront.js';

const accepted: ExceptionInput = { vulnerability: 'CVE-2024-13176', reason: 'no remote timing', approvedBy: 'Ann', expires: '2027-01-31' };
const told = (...exceptions: readonly unknown[]) =>
  parsePolicy({ ...storefront(), exceptions }).problems.map((p) => `${p.severity} ${formatProblem(p)}`);

describe('an exception of a policy', () => {
  it('is resolved to the full repository and the instant of its end', () => {
    const policy = definePolicy({
      ...storefront({ timeZone: 'Europe/Berlin' }),
      exceptions: [{ ...accepted, package: 'openssl', image: 'nginx', stage: 'production' }],
    });
    expect(policy.exceptions).toEqual([
      { ...accepted, package: 'openssl', image: 'docker.io/library/nginx', stage: 'production', expires: '2027-01-31T23:00:00Z' },
    ]);
  });

  it('in a stage that the policy has not does not compile, and is refused', () => {
    const misspelt = () =>
      definePolicy({
        name: 'shop',
        scan: { schedule: '17 3 * * *', scanners: [{ kind: 'grype' }] },
        gate: { deadlines: { critical: '7d', high: '14d', medium: '30d', low: '90d' } },
        stages: [{ name: 'production', namespace: 'shop' }],
        // @ts-expect-error: 'producton' is no stage
        exceptions: [{ ...accepted, stage: 'producton' }],
      });
    expect(misspelt).toThrow("exceptions[0].stage: There is no stage 'producton'. Did you mean 'production'?");
  });

  it('is no part of the hash: stored evidence stays valid, and is read with it', () => {
    expect(definePolicy({ ...storefront(), exceptions: [accepted] }).hash).toBe(definePolicy(storefront()).hash);
  });

  it.each<[string, unknown, string]>([
    ['without a reason', { ...accepted, reason: undefined }, 'error exceptions[0].reason: This field is required.'],
    ['with an empty reason', { ...accepted, reason: ' ' }, 'error exceptions[0].reason: This says nothing.'],
    ['with an empty approver', { ...accepted, approvedBy: '' }, 'error exceptions[0].approvedBy: This says nothing.'],
    ['without an end', { ...accepted, expires: undefined }, 'error exceptions[0].expires: This field is required.'],
    [
      'with a day that is not',
      { ...accepted, expires: '2027-02-30' },
      'error exceptions[0].expires: This is neither a date nor an instant.',
    ],
    ['without an offset', { ...accepted, expires: '2027-02-03T10:00:00' }, 'error exceptions[0].expires: This is neither'],
    ['for a tag', { ...accepted, image: 'ghcr.io/acme/web:1.4' }, 'error exceptions[0].image: This is neither a repository'],
    ['without a name', { ...accepted, vulnerability: 'all of them' }, 'error exceptions[0].vulnerability: This is not the name'],
    ['in an unknown stage', { ...accepted, stage: 'prod' }, "error exceptions[0].stage: There is no stage 'prod'."],
    ['in a misspelt stage', { ...accepted, stage: 'stagin' }, "Did you mean 'staging'?"],
    ['with a misspelt field', { ...accepted, expire: '2027-01-31' }, "There is no such field. Did you mean 'expires'?"],
  ])('%s is refused', (_, exception, message) => {
    expect(told(exception)).toEqual([expect.stringContaining(message)]);
  });

  it('twice is a warning, also by another spelling', () => {
    expect(told({ ...accepted, image: 'nginx' }, { ...accepted, image: 'docker.io/library/nginx', expires: '2027-02-01' })).toEqual([
      expect.stringContaining('warning exceptions[1]: exceptions[0] is about the same findings'),
    ]);
    expect(told(accepted, { ...accepted, stage: 'production' })).toEqual([]);
  });
});

describe('the end of an exception', () => {
  it.each([
    ['2027-01-31', 'UTC', '2027-02-01T00:00:00.000Z'],
    ['2027-01-31', 'Europe/Berlin', '2027-01-31T23:00:00.000Z'],
    ['2027-07-31', 'Europe/Berlin', '2027-07-31T22:00:00.000Z'],
    ['2027-03-28', 'Europe/Berlin', '2027-03-28T22:00:00.000Z'],
    ['2027-12-31', 'Pacific/Kiritimati', '2027-12-31T10:00:00.000Z'],
    // Midnight does not come in Beirut on the day its clocks go forward, and comes twice in Havana on the day theirs go back.
    ['2027-03-27', 'Asia/Beirut', '2027-03-27T22:00:00.000Z'],
    ['2027-11-06', 'America/Havana', '2027-11-07T04:00:00.000Z'],
    ['2027-01-31T18:00:00+01:00', 'America/New_York', '2027-01-31T17:00:00.000Z'],
    ['2028-02-29', 'UTC', '2028-03-01T00:00:00.000Z'],
  ])('%s in %s is %s', (written, zone, end) => {
    expect(new Date(expiryOf(written, zone) ?? 0).toISOString()).toBe(end);
  });

  it.each(['2027-02-29', 'tomorrow', '2027-1-1', '2027-01-31 18:00:00Z', '2027-01-31T25:00:00Z', ''])('is not %s', (written) => {
    expect(expiryOf(written, 'UTC')).toBeUndefined();
  });
});

it.each([
  ['ghcr.io/acme/web', 'ghcr.io/acme/web'],
  ['nginx', 'docker.io/library/nginx'],
  ['10.0.0.1:5000/web', '10.0.0.1:5000/web'],
  [`web@sha256:${'a'.repeat(64)}`, `docker.io/library/web@sha256:${'a'.repeat(64)}`],
  ['web:1.4', undefined],
  [`web:1.4@sha256:${'a'.repeat(64)}`, undefined],
  ['Web', undefined],
])('the image %s is compared as %s', (written, scope) => expect(imageScope(written)).toBe(scope));
