import { expect, it } from 'vitest';
import { metricsText } from '../../src/exporter/metrics.js';
import type { ScannedDigest, StageState } from '../../src/exporter/state.js';
import { names } from '../../src/manifest/names.js';
import { config, DIGEST, policy } from '../rules/storefront.js';

const REPOSITORY = 'ghcr.io/acme/web';
const none = { fixable: 0, unfixable: 0 };
const OWN = `policy="storefront",stage="staging",namespace="storefront-staging",workload="web",repository="${REPOSITORY}"`;
const ALPINE = 'docker.io/library/alpine:3.19';

function basesOf(...bases: readonly ScannedDigest['base'][]): readonly string[] {
  const digests = [DIGEST.old, DIGEST.new].slice(0, bases.length);
  const scan = (base: ScannedDigest['base']): ScannedDigest => ({
    platforms: {},
    scannedAt: '2026-11-21T03:17:00Z',
    complete: true,
    scanners: [],
    findings: [],
    counts: { critical: none, high: none, medium: none, low: none, unknown: none, exploited: 0 },
    ...(base === undefined ? {} : { base }),
  });
  const state: StageState = {
    config: config(),
    at: Date.parse('2026-11-21T12:00:00Z'),
    evidence: new Map([
      [
        names.evidence(REPOSITORY),
        { policyHash: policy.hash, digests: Object.fromEntries(digests.map((digest, i) => [digest, scan(bases[i])])) },
      ],
    ]),
    running: new Map([['web', Object.fromEntries(digests.map((digest, i) => [`c${i}`, `${REPOSITORY}@${digest}`]))]]),
  };
  return metricsText(state)
    .split('\n')
    .filter((line) => line.startsWith('patchway_base_'));
}

it('says whether the base has moved on, since when, and how old it is', () => {
  const base = { name: ALPINE, behind: true, behindSince: '2026-11-01T00:00:00Z', releasedAt: '2026-10-01T00:00:00Z' };
  const labels = `{${OWN},digest="${DIGEST.old}",base="${ALPINE}"}`;
  expect(basesOf(base)).toEqual([
    `patchway_base_behind${labels} 1`,
    `patchway_base_behind_since_timestamp_seconds${labels} ${Date.parse('2026-11-01T00:00:00Z') / 1000}`,
    `patchway_base_released_timestamp_seconds${labels} ${Date.parse('2026-10-01T00:00:00Z') / 1000}`,
  ]);
});

it('has no value for what is not known, and one for each image', () => {
  expect(basesOf(undefined)).toEqual([]);
  expect(basesOf({ name: ALPINE })).toEqual([]);
  expect(basesOf({ name: ALPINE, behind: false }, { name: ALPINE, behind: true })).toEqual([
    `patchway_base_behind{${OWN},digest="${DIGEST.old}",base="${ALPINE}"} 0`,
    `patchway_base_behind{${OWN},digest="${DIGEST.new}",base="${ALPINE}"} 1`,
  ]);
});
