import { metricsText } from '../../src/exporter/metrics.js';
import type { PromotionProgress, ScannedDigest, ScannedFinding, StageState } from '../../src/exporter/state.js';
import { names } from '../../src/manifest/names.js';
import type { WorkloadSummary } from '../../src/manifest/stage-config.js';
import type { Stage } from '../../src/policy/policy.js';
import * as storefront from '../rules/storefront.js';

const HOUR = 3_600_000;
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const instant = (at: number) => new Date(at).toISOString();

/** Namespaces of their own, as they are made for real. */
export const STAGES = { staging: 'dashboards-staging', production: 'dashboards-production' } as const;

const { policy, web } = storefront;

const nightly = { kind: 'allow', schedule: '0 22 * * *', duration: 6 * HOUR, timeZone: 'UTC', cutoff: 600_000 } as const;
const staging: Stage = { ...storefront.staging, namespace: STAGES.staging };
const production: Stage = { ...storefront.production, namespace: STAGES.production, windows: [nightly] };
const acceptedUntil = (end: number) => [
  { vulnerability: 'CVE-2026-9', package: 'zlib', reason: 'Not reachable.', approvedBy: 'ada', expires: instant(end + 200 * HOUR) },
];

const workload = (name: string, at: string, released: number): WorkloadSummary => ({
  ...web,
  name,
  images: web.images.map((image) => ({
    ...image,
    container: name,
    reference: `ghcr.io/acme/${name}:1`,
    repository: `ghcr.io/acme/${name}`,
    digest: at,
    releasedAt: instant(released),
  })),
});

/**
 * The exporter's metrics of two stages, `hours` before an instant, in a story: a fix came to staging 40 hours ago and soaks
 * for production, whose deadline passed 10 hours ago; production's api is due in two days, and its worker was never scanned.
 */
export function story(hours: number, end: number): Readonly<Record<keyof typeof STAGES, string>> {
  const at = end - hours * HOUR;
  const [older, old, fixed] = [digest('a'), digest('b'), digest('c')];
  const soaking = hours < 40;
  const images = (name: string, of: string) => ({ [name]: { current: { [`ghcr.io/acme/${name}:1`]: { digest: of } } } });
  const finding = (id: string, severity: ScannedFinding['severity'], due: number): ScannedFinding => ({
    id,
    aliases: [],
    package: 'openssl',
    severity,
    anchorAt: instant(due - 72 * HOUR),
    failsAt: instant(due),
  });
  const overdue = finding('CVE-2026-2', 'critical', end - 10 * HOUR);
  const scan = (
    counts: Partial<Record<'critical' | 'high' | 'medium' | 'low', number>>,
    findings: readonly ScannedFinding[],
  ): ScannedDigest => ({
    platforms: {},
    scannedAt: instant(at - (at % (24 * HOUR)) + (at % (24 * HOUR) > 3 * HOUR ? 3 : -21) * HOUR),
    complete: true,
    counts: {
      ...Object.fromEntries(['critical', 'high', 'medium', 'low', 'unknown'].map((severity) => [severity, { fixable: 0, unfixable: 1 }])),
      ...Object.fromEntries(Object.entries(counts).map(([severity, fixable]) => [severity, { fixable, unfixable: 1 }])),
      exploited: counts.critical === undefined ? 0 : 1,
    } as ScannedDigest['counts'],
    scanners: [{ kind: 'grype', databaseBuiltAt: instant(at - 20 * HOUR) }],
    findings,
    ...(findings.length === 0 ? {} : { gateClosesAt: findings.map(({ failsAt = '' }) => failsAt).sort()[0] ?? '' }),
  });
  const evidence = new Map([
    [
      names.evidence('ghcr.io/acme/web'),
      {
        policyHash: policy.hash,
        digests: {
          [older]: scan({ critical: 3, high: 7 }, [finding('CVE-2026-1', 'high', end - 100 * HOUR), overdue]),
          [old]: scan({ critical: 2, high: 5, medium: 4, low: 3 }, [overdue]),
          [fixed]: scan({ medium: 2 }, []),
        },
      },
    ],
    [
      names.evidence('ghcr.io/acme/api'),
      {
        policyHash: policy.hash,
        digests: { [digest('d')]: scan({ high: 1, medium: 1 }, [finding('CVE-2026-3', 'high', end + 48 * HOUR)]) },
      },
    ],
  ]);
  const promotion: PromotionProgress = {
    step: hours > 139 && hours < 140 ? 'rolling' : soaking ? 'soaking' : 'idle',
    workloads: { ...images('web', hours > 139.5 ? older : old), ...images('api', digest('d')), ...images('worker', digest('e')) },
    lastPromotedAt: instant(end - 139.5 * HOUR),
    ...(soaking ? { candidate: { seenAt: instant(end - 40 * HOUR), healthyMs: (40 - hours) * HOUR } } : {}),
    history: [
      {
        at: instant(end - 139.5 * HOUR),
        what: 'promoted',
        from: { web: { 'ghcr.io/acme/web:1': { digest: older } } },
        to: { web: { 'ghcr.io/acme/web:1': { digest: old } } },
      },
    ],
  };
  const state = (stage: Stage, running: string): StageState => {
    const workloads = [
      workload('web', running, end - 60 * HOUR),
      workload('api', digest('d'), end - 900 * HOUR),
      workload('worker', digest('e'), end - 2000 * HOUR),
    ];
    const stages = [staging, production];
    return {
      config: { schemaVersion: 1, policy: { ...policy, stages, exceptions: acceptedUntil(end) }, stage: stage.name, workloads },
      at,
      evidence,
      breakGlassPods: 0,
      running: new Map(
        workloads.map(({ name, images: [image] }) => [
          name,
          { [name]: `${image?.repository}:1@${name === 'worker' && stage === staging ? digest('f') : image?.digest}` },
        ]),
      ),
      ...(stage === production ? { promotion } : {}),
    };
  };
  return {
    staging: metricsText(state(staging, hours > 40 ? old : fixed)),
    production: metricsText(state(production, hours > 139.5 ? older : old)),
  };
}
