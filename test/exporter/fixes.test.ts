import { describe, expect, it } from 'vitest';
import { metricsText } from '../../src/exporter/metrics.js';
import type { PromotionProgress, ScannedDigest, ScannedFinding, StageState } from '../../src/exporter/state.js';
import { names } from '../../src/manifest/names.js';
import { config, DIGEST, policy, production, web } from '../rules/storefront.js';

const none = { fixable: 0, unfixable: 0 };
const AT = Date.parse('2026-11-21T12:00:00Z');
const finding = (id: string, rest: Partial<ScannedFinding> = {}): ScannedFinding => ({
  id,
  aliases: [],
  package: 'openssl',
  severity: 'high',
  anchorAt: '2026-11-10T00:00:00Z',
  failsAt: '2026-11-17T00:00:00Z',
  ...rest,
});
const scan = (findings: readonly ScannedFinding[], rest: Partial<ScannedDigest> = {}): ScannedDigest => ({
  platforms: {},
  scannedAt: '2026-11-21T03:00:00Z',
  complete: true,
  counts: { critical: none, high: none, medium: none, low: none, unknown: none, exploited: 0 },
  scanners: [],
  findings,
  ...rest,
});
const images = (digest: string) => ({ web: { 'ghcr.io/acme/web:1.4': { digest } } });
const promoted = (at: string): PromotionProgress => ({
  workloads: {},
  step: 'idle',
  history: [{ at, what: 'promoted', from: images(DIGEST.old), to: images(DIGEST.new) }],
});
const state = (old: ScannedDigest, now: ScannedDigest, promotion?: PromotionProgress, rest: Partial<StageState> = {}): StageState => ({
  config: config(production, [web]),
  at: AT,
  evidence: new Map([[names.evidence('ghcr.io/acme/web'), { policyHash: policy.hash, digests: { [DIGEST.old]: old, [DIGEST.new]: now } }]]),
  running: new Map([['web', { web: `ghcr.io/acme/web@${DIGEST.new}` }]]),
  ...(promotion === undefined ? {} : { promotion }),
  ...rest,
});
/** Values other than 0, by the labels that are a metric's own. */
const values = (of: StageState, name: string) =>
  metricsText(of)
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) && !line.endsWith(' 0'))
    .map((line) =>
      line
        .replace(/^.*namespace="storefront"(,workload="web")?,?/, '')
        .replace('}', '')
        .trim(),
    );

describe('deadlines', () => {
  it.each([
    [
      'met by a fix in time',
      '2026-11-16T12:00:00Z',
      [],
      ['severity="high",within="7d",met="true" 1', 'severity="high",within="30d",met="true" 1'],
    ],
    [
      'missed where the fix is late, at the deadline',
      '2026-11-20T12:00:00Z',
      [],
      ['severity="high",within="7d",met="false" 1', 'severity="high",within="30d",met="false" 1'],
    ],
    [
      'missed by a fix at the deadline itself',
      '2026-11-17T00:00:00Z',
      [],
      ['severity="high",within="7d",met="false" 1', 'severity="high",within="30d",met="false" 1'],
    ],
    ['forgotten after 30 days', '2026-10-01T00:00:00Z', [], []],
    [
      'missed by what still runs',
      '2026-10-01T00:00:00Z',
      [finding('CVE-2', { severity: 'critical', failsAt: '2026-11-21T00:00:00Z' })],
      ['1d', '7d', '30d'].map((within) => `severity="critical",within="${within}",met="false" 1`),
    ],
    ['undecided before they pass', '2026-10-01T00:00:00Z', [finding('CVE-2', { failsAt: '2026-11-22T00:00:00Z' })], []],
  ])('are %s', (_, at, left, expected) => {
    expect(values(state(scan([finding('CVE-1'), ...left]), scan(left), promoted(at)), 'patchway_deadlines')).toEqual(expected);
  });

  it('are 0, not absent, where there is a history without any', () => {
    const text = metricsText(state(scan([]), scan([]), { workloads: {}, step: 'idle', history: [] }));
    expect(text.match(/^patchway_deadlines\{.*\} 0$/gm)).toHaveLength(30);
    expect(metricsText(state(scan([]), scan([])))).not.toContain('patchway_deadlines{');
  });
});

describe('how long fixes took', () => {
  const LATENCY = 'patchway_fix_latency_seconds';

  it('is told of the newest change, by the longest of each severity', () => {
    const old = scan([finding('CVE-1'), finding('CVE-2', { anchorAt: '2026-11-12T00:00:00Z' }), finding('CVE-3', { severity: 'low' })]);
    expect(values(state(old, scan([]), promoted('2026-11-13T00:00:00Z')), LATENCY)).toEqual([
      `severity="high" ${3 * 86_400}`,
      `severity="low" ${3 * 86_400}`,
    ]);
  });

  it.each([
    ['the newer image was not scanned completely', scan([], { complete: false })],
    ['a part of its findings is cut', scan([], { cut: { count: 1 } })],
    ['it still has the finding', scan([finding('CVE-1')])],
  ])('is not known where %s', (_, now) => {
    expect(values(state(scan([finding('CVE-1')]), now, promoted('2026-11-13T00:00:00Z')), LATENCY)).toEqual([]);
  });

  it('is not known of images that were put back', () => {
    const promotion = promoted('2026-11-13T00:00:00Z');
    const history = promotion.history?.map((entry) => ({ ...entry, what: 'rolledBack' })) ?? [];
    expect(values(state(scan([finding('CVE-1')]), scan([]), { ...promotion, history }), LATENCY)).toEqual([]);
  });
});

describe('what runs', () => {
  it('has the first deadline of each severity', () => {
    const now = scan([finding('CVE-1'), finding('CVE-2', { failsAt: '2026-11-16T00:00:00Z' }), finding('CVE-3', { severity: 'low' })]);
    const due = 'patchway_finding_due_timestamp_seconds';
    expect(values(state(scan([]), now), due)).toEqual([
      `severity="high" ${Date.parse('2026-11-16T00:00:00Z') / 1000}`,
      `severity="low" ${Date.parse('2026-11-17T00:00:00Z') / 1000}`,
    ]);
  });

  it('has come to its end of life, or has not', () => {
    expect(values(state(scan([]), scan([], { endOfLife: 'debian 10' })), 'patchway_end_of_life')).toEqual(['distribution="debian 10" 1']);
    expect(values(state(scan([]), scan([])), 'patchway_end_of_life')).toEqual([]);
  });

  it('was scanned with databases of an age', () => {
    const scanners = [{ kind: 'grype', databaseBuiltAt: '2026-11-19T03:00:00Z' }, { kind: 'trivy' }];
    expect(values(state(scan([]), scan([], { scanners })), 'patchway_scan_database_age_seconds')).toEqual([
      `scanner="grype" ${2 * 86_400}`,
    ]);
  });

  it('is pinned, or is not', () => {
    const running = new Map([['web', { web: 'ghcr.io/acme/web:1.4', proxy: `ghcr.io/acme/web@${DIGEST.new}` }]]);
    expect(values(state(scan([]), scan([]), undefined, { running }), 'patchway_images_unpinned')).toEqual(['1']);
  });
});

describe('a promotion', () => {
  it('tells since when it waits, is blocked and has put back', () => {
    const promotion: PromotionProgress = {
      workloads: {},
      step: 'soaking',
      candidate: { seenAt: '2026-11-20T00:00:00Z', healthyMs: 3_600_000 },
      lastError: { at: '2026-11-20T01:00:00Z' },
      history: [
        { at: '2026-11-19T00:00:00Z', what: 'rolledBack' },
        { at: '2026-11-18T00:00:00Z', what: 'rolledBack' },
      ],
    };
    const of = (name: string) => values(state(scan([]), scan([]), promotion), `patchway_promotion_${name}`);
    expect(of('candidate_timestamp_seconds')).toEqual([String(Date.parse('2026-11-20T00:00:00Z') / 1000)]);
    expect(of('soaked_seconds')).toEqual(['3600']);
    expect(of('blocked_timestamp_seconds')).toEqual([String(Date.parse('2026-11-20T01:00:00Z') / 1000)]);
    expect(of('rolled_back_timestamp_seconds')).toEqual([String(Date.parse('2026-11-19T00:00:00Z') / 1000)]);
  });
});

describe('the findings that an exception is about', () => {
  const exception = { reason: 'r', approvedBy: 'a', expires: '2027-01-01T00:00:00Z' };
  const exceptions = [
    { ...exception, vulnerability: 'CVE-1' },
    { ...exception, vulnerability: 'GHSA-1' },
    { ...exception, vulnerability: 'CVE-1', package: 'zlib' },
    { ...exception, vulnerability: 'CVE-1', image: 'ghcr.io/acme/other' },
  ];
  const counts = (now: ScannedDigest) => {
    const of = config(production, [web]);
    const text = metricsText(state(scan([]), now, undefined, { config: { ...of, policy: { ...of.policy, exceptions } } }));
    return [...text.matchAll(/^patchway_exception_findings\{.*\} (\d+)$/gm)].map(([, value]) => Number(value));
  };

  it('are counted by id, alias, package and image', () => {
    expect(counts(scan([finding('CVE-1'), finding('CVE-2', { aliases: ['GHSA-1'] })]))).toEqual([1, 1, 0, 0]);
  });

  it('are not counted where some may be missing', () => {
    expect(counts(scan([], { complete: false }))).toEqual([]);
    expect(counts(scan([], { cut: { count: 3 } }))).toEqual([]);
  });
});
