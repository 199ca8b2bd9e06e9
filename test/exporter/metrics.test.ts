import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exposition } from '../../src/exporter/exposition.js';
import { metricsText } from '../../src/exporter/metrics.js';
import type { PromotionProgress, ScannedDigest, ScannedRepository, StageState } from '../../src/exporter/state.js';
import { names } from '../../src/manifest/names.js';
import type { WorkloadSummary } from '../../src/manifest/stage-config.js';
import type { PromotionState } from '../../src/promotion/state.js';
import { config, DIGEST, policy, production, staging, web } from '../rules/storefront.js';

const REPOSITORY = 'ghcr.io/acme/web';
const SIDECAR = 'ghcr.io/acme/sidecar';
const AT = Date.parse('2026-11-21T12:00:00Z');
const STAGING = 'policy="storefront",stage="staging",namespace="storefront-staging",workload="web"';
const PRODUCTION = STAGING.replace('"staging"', '"production"').replace('storefront-staging', 'storefront');

const none = { fixable: 0, unfixable: 0 };
const scan = (rest: Partial<ScannedDigest> = {}): ScannedDigest => ({
  platforms: {},
  scannedAt: '2026-11-21T03:17:00Z',
  complete: true,
  counts: {
    critical: { fixable: 2, unfixable: 0 },
    high: { fixable: 1, unfixable: 3 },
    medium: none,
    low: none,
    unknown: none,
    exploited: 1,
  },
  gateClosesAt: '2026-11-24T00:00:00Z',
  scanners: [],
  findings: [],
  ...rest,
});
const clean = scan({ counts: { critical: none, high: none, medium: none, low: none, unknown: none, exploited: 0 } });
const repository = (digests: ScannedRepository['digests'], policyHash = policy.hash): ScannedRepository => ({ policyHash, digests });
const evidenceOf = (of: Readonly<Record<string, ScannedRepository | undefined>>) =>
  new Map(Object.entries(of).map(([name, found]) => [names.evidence(name), found]));
const runs = (images: Readonly<Record<string, string>>) => new Map([['web', images]]);

const state = (rest: Partial<StageState> = {}): StageState => ({
  config: config(),
  at: AT,
  evidence: evidenceOf({ [REPOSITORY]: repository({ [DIGEST.old]: scan() }) }),
  running: runs({ web: `${REPOSITORY}:1.4.1@${DIGEST.old}` }),
  ...rest,
});
const values = (of: StageState) =>
  new Map(
    metricsText(of)
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
const named = (of: StageState, name: string) => [...values(of)].filter(([series]) => series.startsWith(`${name}{`));

const twoImages: WorkloadSummary = {
  ...web,
  images: [
    ...web.images,
    {
      container: 'proxy',
      init: false,
      reference: `${SIDECAR}:2`,
      repository: SIDECAR,
      tag: '2',
      digest: DIGEST.sidecar,
      releasedAt: '2026-11-01T00:00:00Z',
    },
  ],
};

describe('the metrics of a scanned workload', () => {
  it('are these, in this order', () => {
    expect(metricsText(state())).toBe(
      `# HELP patchway_workload_info A workload that the policy covers.
# TYPE patchway_workload_info gauge
patchway_workload_info{${STAGING}} 1
# HELP patchway_scan_last_success_timestamp_seconds When the images that the workload runs were last scanned completely under the present policy, by the oldest of them.
# TYPE patchway_scan_last_success_timestamp_seconds gauge
patchway_scan_last_success_timestamp_seconds{${STAGING}} ${Date.parse('2026-11-21T03:17:00Z') / 1000}
# HELP patchway_scan_incomplete Whether a scanner failed in the newest scan of an image that the workload runs.
# TYPE patchway_scan_incomplete gauge
patchway_scan_incomplete{${STAGING}} 0
# HELP patchway_findings Findings in what the workload runs.
# TYPE patchway_findings gauge
patchway_findings{${STAGING},severity="critical",fixable="true"} 2
patchway_findings{${STAGING},severity="critical",fixable="false"} 0
patchway_findings{${STAGING},severity="high",fixable="true"} 1
patchway_findings{${STAGING},severity="high",fixable="false"} 3
patchway_findings{${STAGING},severity="medium",fixable="true"} 0
patchway_findings{${STAGING},severity="medium",fixable="false"} 0
patchway_findings{${STAGING},severity="low",fixable="true"} 0
patchway_findings{${STAGING},severity="low",fixable="false"} 0
patchway_findings{${STAGING},severity="unknown",fixable="true"} 0
patchway_findings{${STAGING},severity="unknown",fixable="false"} 0
# HELP patchway_findings_exploited Findings in what the workload runs that are known to be exploited, without those that the policy accepts.
# TYPE patchway_findings_exploited gauge
patchway_findings_exploited{${STAGING}} 1
# HELP patchway_gate_closes_timestamp_seconds When the first deadline of a finding in what the workload runs passes.
# TYPE patchway_gate_closes_timestamp_seconds gauge
patchway_gate_closes_timestamp_seconds{${STAGING}} ${Date.parse('2026-11-24T00:00:00Z') / 1000}
# HELP patchway_images_unpinned Images of the workload that are named without a digest, so that what runs may change at any time.
# TYPE patchway_images_unpinned gauge
patchway_images_unpinned{${STAGING}} 0
# HELP patchway_image_info An image that the workload runs.
# TYPE patchway_image_info gauge
patchway_image_info{${STAGING},repository="${REPOSITORY}",digest="${DIGEST.old}"} 1
# HELP patchway_image_released_timestamp_seconds When an image that the workload runs was released.
# TYPE patchway_image_released_timestamp_seconds gauge
patchway_image_released_timestamp_seconds{${STAGING},repository="${REPOSITORY}",digest="${DIGEST.old}"} ${Date.parse('2026-10-02T07:00:00Z') / 1000}
# HELP patchway_drift Whether the workload runs an image that neither the lock nor a promotion named.
# TYPE patchway_drift gauge
patchway_drift{${STAGING}} 0
# HELP patchway_window_open Whether a rollout may start in this stage now.
# TYPE patchway_window_open gauge
patchway_window_open{policy="storefront",stage="staging",namespace="storefront-staging"} 1
# HELP patchway_evidence_max_age_seconds How old a scan may be to count.
# TYPE patchway_evidence_max_age_seconds gauge
patchway_evidence_max_age_seconds{policy="storefront",stage="staging",namespace="storefront-staging"} 129600
`,
    );
  });
});

describe('what is not known is absent', () => {
  const SCANNED = [
    'patchway_scan_last_success_timestamp_seconds',
    'patchway_scan_incomplete',
    'patchway_findings',
    'patchway_gate_closes_timestamp_seconds',
  ];
  const nothing: readonly (readonly [string, Partial<StageState>])[] = [
    ['no ConfigMap', { evidence: new Map() }],
    ['a ConfigMap without evidence', { evidence: evidenceOf({ [REPOSITORY]: undefined }) }],
    ['evidence of another digest', { evidence: evidenceOf({ [REPOSITORY]: repository({ [DIGEST.new]: scan() }) }) }],
    ['an image without a digest', { running: runs({ web: `${REPOSITORY}:1.4.1` }) }],
  ];
  it.each(nothing)('with %s', (_, missing) => {
    for (const name of SCANNED) expect(named(state(missing), name)).toEqual([]);
    expect(named(state(missing), 'patchway_workload_info')).toEqual([[`patchway_workload_info{${STAGING}}`, 1]]);
  });

  it('a scan under another policy still counts findings, but no deadline and no success', () => {
    const before = state({ evidence: evidenceOf({ [REPOSITORY]: repository({ [DIGEST.old]: scan() }, 'cafe0000') }) });
    expect(named(before, 'patchway_scan_last_success_timestamp_seconds')).toEqual([]);
    expect(named(before, 'patchway_gate_closes_timestamp_seconds')).toEqual([]);
    expect(named(before, 'patchway_findings_exploited')).toEqual([[`patchway_findings_exploited{${STAGING}}`, 1]]);
  });

  it('an incomplete scan counts what it found, and says nothing of what it did not', () => {
    const half = state({ evidence: evidenceOf({ [REPOSITORY]: repository({ [DIGEST.old]: scan({ complete: false }) }) }) });
    expect(named(half, 'patchway_scan_last_success_timestamp_seconds')).toEqual([]);
    expect(named(half, 'patchway_scan_incomplete')).toEqual([[`patchway_scan_incomplete{${STAGING}}`, 1]]);
    expect(named(half, 'patchway_findings').map(([, value]) => value)).toEqual([2, 1, 3]);
    expect(named(half, 'patchway_gate_closes_timestamp_seconds')).toHaveLength(1);
  });

  it('a clean scan says 0, and has no deadline', () => {
    const { gateClosesAt: _, ...found } = clean;
    const good = state({ evidence: evidenceOf({ [REPOSITORY]: repository({ [DIGEST.old]: found }) }) });
    expect(named(good, 'patchway_findings').map(([, value]) => value)).toEqual(Array(10).fill(0));
    expect(named(good, 'patchway_findings_exploited').map(([, value]) => value)).toEqual([0]);
    expect(named(good, 'patchway_gate_closes_timestamp_seconds')).toEqual([]);
  });
});

describe('a workload of two images', () => {
  const both = { web: `${REPOSITORY}:1.4.1@${DIGEST.old}`, proxy: `${SIDECAR}:2@${DIGEST.sidecar}` };
  const two = (sidecar: ScannedDigest | undefined) =>
    state({
      config: config(staging, [twoImages]),
      running: runs(both),
      evidence: evidenceOf({
        [REPOSITORY]: repository({ [DIGEST.old]: scan() }),
        [SIDECAR]: sidecar && repository({ [DIGEST.sidecar]: sidecar }),
      }),
    });

  it('has the oldest scan, the earliest deadline and all findings', () => {
    const of = two(scan({ scannedAt: '2026-11-19T03:17:00Z', gateClosesAt: '2026-11-23T00:00:00Z' }));
    expect(named(of, 'patchway_scan_last_success_timestamp_seconds')[0]?.[1]).toBe(Date.parse('2026-11-19T03:17:00Z') / 1000);
    expect(named(of, 'patchway_gate_closes_timestamp_seconds')[0]?.[1]).toBe(Date.parse('2026-11-23T00:00:00Z') / 1000);
    expect(named(of, 'patchway_findings_exploited')[0]?.[1]).toBe(2);
    expect(named(of, 'patchway_image_info').map(([series]) => /repository="([^"]+)"/.exec(series)?.[1])).toEqual([SIDECAR, REPOSITORY]);
  });

  it('was not scanned while one of them was not', () => {
    expect(named(two(undefined), 'patchway_scan_last_success_timestamp_seconds')).toEqual([]);
    expect(named(two(undefined), 'patchway_findings').map(([, value]) => value)).toEqual([2, 1, 3]);
    expect(named(two(undefined), 'patchway_gate_closes_timestamp_seconds')).toHaveLength(1);
  });

  it('counts an image once that two containers run', () => {
    const twice = state({ running: runs({ web: both.web, init: both.web }) });
    expect(named(twice, 'patchway_findings_exploited')[0]?.[1]).toBe(1);
    expect(named(twice, 'patchway_image_info')).toHaveLength(1);
  });
});

describe('what runs', () => {
  it("is the lock's image where the cluster was not asked, and then nothing is said of drift", () => {
    const { running: _, ...unasked } = state();
    expect(named(unasked, 'patchway_image_info')).toEqual([
      [`patchway_image_info{${STAGING},repository="${REPOSITORY}",digest="${DIGEST.old}"}`, 1],
    ]);
    expect(named(unasked, 'patchway_drift')).toEqual([]);
  });

  const image = (digest: string) => `${REPOSITORY}:x@${digest}`;
  const promoted: PromotionProgress = { workloads: { web: { current: { 'ghcr.io/acme/web:1.4': { digest: DIGEST.new } } } }, step: 'idle' };
  const moving: PromotionProgress = {
    workloads: {},
    step: 'rolling',
    intent: { from: {}, to: { web: { 'ghcr.io/acme/web:1.4': { digest: DIGEST.new } } } },
  };
  const index = evidenceOf({ [REPOSITORY]: repository({ [DIGEST.old]: scan({ platforms: { 'linux/amd64': DIGEST.new } }) }) });
  const cases: readonly (readonly [string, number, Partial<StageState>])[] = [
    ['the locked digest', 0, {}],
    ['another digest', 1, { running: runs({ web: image(DIGEST.new) }) }],
    ['a tag alone', 1, { running: runs({ web: `${REPOSITORY}:1.4.1` }) }],
    ['the same digest of another repository', 1, { running: runs({ web: `ghcr.io/other/web@${DIGEST.old}` }) }],
    ['a container that nobody locked', 1, { running: runs({ web: image(DIGEST.old), extra: image(DIGEST.old) }) }],
    ['what was promoted', 0, { promotion: promoted, running: runs({ web: image(DIGEST.new) }) }],
    ['what was promoted away', 1, { promotion: promoted, running: runs({ web: image(DIGEST.old) }) }],
    ['what a promotion is moving', 0, { promotion: moving, running: runs({ web: image(DIGEST.new) }) }],
    ["a platform's digest of the locked index", 0, { evidence: index, running: runs({ web: image(DIGEST.new) }) }],
  ];
  it.each(cases)('%s is drift %i', (_, drift, rest) => {
    expect(named(state(rest), 'patchway_drift').map(([, value]) => value)).toEqual([drift]);
  });

  it("finds the scan of a platform's digest under its index", () => {
    expect(named(state({ evidence: index, running: runs({ web: image(DIGEST.new) }) }), 'patchway_findings_exploited')[0]?.[1]).toBe(1);
  });

  it('has no release time where the lock does not know the digest', () => {
    expect(named(state({ running: runs({ web: image(DIGEST.new) }) }), 'patchway_image_released_timestamp_seconds')).toEqual([]);
  });
});

describe('a promotion', () => {
  const promotion: PromotionState = {
    schemaVersion: 1,
    policyHash: policy.hash,
    workloads: {},
    step: 'soaking',
    refused: [],
    lastPromotedAt: '2026-11-20T22:10:00.500Z',
    history: [],
  };
  const of = state({ config: config(production), promotion });

  it('is at one of its steps', () => {
    expect(named(of, 'patchway_promotion_state').map(([series, value]) => [/state="(\w+)"/.exec(series)?.[1], value])).toEqual([
      ['idle', 0],
      ['frozen', 0],
      ['soaking', 1],
      ['awaitingApproval', 0],
      ['awaitingWindow', 0],
      ['rolling', 0],
      ['verifying', 0],
      ['rollingBack', 0],
    ]);
    expect(named(of, 'patchway_promotion_last_success_timestamp_seconds')[0]?.[1]).toBe(Date.parse('2026-11-20T22:10:00Z') / 1000 + 0.5);
  });

  it('says nothing before its first run', () => {
    expect(metricsText(state({ config: config(production) }))).not.toMatch(/patchway_promotion_(?!soak_seconds)/);
    expect(metricsText(state({ config: config(production) }))).toContain(`patchway_workload_info{${PRODUCTION}} 1`);
  });
});

it.each([
  ['2026-11-21T03:00:00Z', 1, '2026-11-21T07:50:00Z'],
  ['2026-11-21T12:00:00Z', 0, '2026-11-22T02:00:00Z'],
])('the window at %s is %i until %s', (at, open, changes) => {
  const windows = [{ kind: 'allow', schedule: '0 2 * * *', duration: 6 * 3_600_000, timeZone: 'UTC', cutoff: 600_000 }] as const;
  const of = state({ config: config({ ...staging, windows }), at: Date.parse(at) });
  expect(named(of, 'patchway_window_open').map(([, value]) => value)).toEqual([open]);
  expect(named(of, 'patchway_window_changes_timestamp_seconds').map(([, value]) => value)).toEqual([Date.parse(changes) / 1000]);
});

it.each([
  ['staging', staging, []],
  ['production', production, [48 * 3600]],
])('the soak of %s is what its images must have, where it has one', (_, stage, seconds) => {
  expect(named(state({ config: config(stage) }), 'patchway_promotion_soak_seconds').map(([, value]) => value)).toEqual(seconds);
});

describe('the text format', () => {
  it('leaves out a gauge without values', () => {
    expect(exposition([{ name: 'a', help: 'A.', samples: [] }])).toBe('');
  });

  it('keeps one line to a sample whatever a label holds', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const text = exposition([{ name: 'a', help: 'A.', samples: [{ labels: { l: value }, value: 1 }] }]);
        const sample = /^a\{l="((?:[^"\\\n]|\\["\\n])*)"\} 1$/.exec(text.split('\n')[2] ?? '')?.[1];
        expect(sample?.replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c))).toBe(value);
        expect(text.split('\n')).toHaveLength(4);
      }),
    );
  });
});
