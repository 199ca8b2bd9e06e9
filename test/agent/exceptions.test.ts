import { describe, expect, it } from 'vitest';
import { readStage } from '../../src/agent/export-state.js';
import { judge } from '../../src/agent/promote/judge.js';
import { addScan } from '../../src/gate/build-evidence.js';
import { names } from '../../src/manifest/names.js';
import type { PolicyException } from '../../src/policy/policy.js';
import { judgementKey } from '../../src/promotion/situation.js';
import { judged } from '../gate/support.js';
import { config, DIGEST, policy, production, web } from '../rules/storefront.js';

const AT = Date.parse('2026-11-21T12:00:00Z');
const [LOCKED] = web.images;
if (LOCKED === undefined) throw new Error('web has no image');
const { reference, repository } = LOCKED;
const accepted: PolicyException = { vulnerability: 'CVE-1', reason: 'a', approvedBy: 'Ann', expires: '2026-12-31T00:00:00Z' };

/** One finding, exploited and overdue. */
const evidence = JSON.stringify(
  addScan(undefined, {
    policy,
    repository,
    digest: DIGEST.new,
    platforms: {},
    scannedAt: AT,
    runs: [{ kind: 'grype', status: 'ok' }],
    findings: [judged({ id: 'CVE-1', exploited: true, deadline: '2026-11-01T00:00:00Z', failsAt: '2026-11-01T00:00:00Z' })],
  }),
);

/** The same scan in every stage. */
const cluster = {
  get: async (path: string) =>
    path.endsWith(`/configmaps/${names.evidence(repository)}`) ? { metadata: { name: 'evidence' }, data: { evidence } } : undefined,
};
const under = (exceptions: readonly PolicyException[]) => ({ ...config(production, [web]), policy: { ...policy, exceptions } });

describe("a policy's exceptions in the cluster", () => {
  it.each<[string, readonly PolicyException[], string]>([
    ['none', [], 'fail'],
    ['one for every stage', [accepted], 'pass'],
    ['one for the stage that is promoted to', [{ ...accepted, stage: 'production' }], 'pass'],
    ['one for the stage that was scanned', [{ ...accepted, stage: 'staging' }], 'fail'],
    ['one that has ended', [{ ...accepted, expires: '2026-11-21T12:00:00Z' }], 'fail'],
  ])('promotion with %s', async (_, exceptions, verdict) => {
    const options = { cluster, config: under(exceptions), stage: production, at: AT };
    const candidate = { web: { [reference]: { tag: LOCKED.tag, digest: DIGEST.new } } };
    const judgements = await judge(options, { running: {}, candidate, before: undefined });
    expect(judgements[judgementKey(reference, DIGEST.new)]?.verdict).toBe(verdict);
  });

  it('metrics', async () => {
    const never = () => Promise.reject(new Error('nothing is written'));
    const read = async (exceptions: readonly PolicyException[]) => {
      const world = {
        config: under(exceptions),
        cluster: { ...cluster, create: never, replace: never, apply: never, edit: never, remove: never },
        env: {},
        log: () => {},
      };
      const state = await readStage({ ...world, now: () => AT, sleep: async () => {} });
      const scan = state.evidence.get(names.evidence(repository))?.digests[DIGEST.new];
      return [scan?.gateClosesAt, scan?.counts.exploited];
    };
    expect(await read([])).toEqual(['2026-11-01T00:00:00Z', 1]);
    expect(await read([{ ...accepted, stage: 'production' }])).toEqual(['2026-12-31T00:00:00Z', 0]);
    expect(await read([{ ...accepted, stage: 'staging' }])).toEqual(['2026-11-01T00:00:00Z', 1]);
  });
});
