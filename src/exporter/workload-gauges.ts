import { epochSeconds, type Gauge, type Sample } from './exposition.js';
import type { RunningImage } from './running.js';
import { FINDING_SEVERITIES, type FindingSeverity, type ScannedDigest } from './state.js';

/** What metrics say of one workload. */
export interface WorkloadFacts {
  readonly labels: Readonly<Record<string, string>>;
  readonly images: readonly RunningImage[];
  /** Absent where what runs is not known. */
  readonly drifted?: boolean;
  /** How long the fixes of its last changes took to come, in milliseconds; the longest of each severity. */
  readonly latencies: ReadonlyMap<FindingSeverity, number>;
}

/** The gauges that each workload has, and their values for one. */
export const WORKLOAD_GAUGES: readonly (Omit<Gauge, 'samples'> & { samples(facts: WorkloadFacts): readonly Sample[] })[] = [
  {
    name: 'patchway_workload_info',
    help: 'A workload that the policy covers.',
    samples: ({ labels }) => [{ labels, value: 1 }],
  },
  {
    name: 'patchway_scan_last_success_timestamp_seconds',
    help: 'When the images that the workload runs were last scanned completely under the present policy, by the oldest of them.',
    samples: ({ labels, images }) => {
      const times = known(images, ({ scan }) => (scan?.current && scan.found.complete ? epochSeconds(scan.found.scannedAt) : undefined));
      return times.length === images.length && times.length > 0 ? [{ labels, value: Math.min(...times) }] : [];
    },
  },
  {
    name: 'patchway_scan_incomplete',
    help: 'Whether a scanner failed in the newest scan of an image that the workload runs.',
    samples: ({ labels, images }) => {
      const scans = known(images, ({ scan }) => scan?.found);
      return scans.length === 0 ? [] : [{ labels, value: scans.some(({ complete }) => !complete) ? 1 : 0 }];
    },
  },
  {
    name: 'patchway_findings',
    help: 'Findings in what the workload runs.',
    samples: ({ labels, images }) =>
      FINDING_SEVERITIES.flatMap((severity) =>
        (['fixable', 'unfixable'] as const).flatMap((kind) =>
          count(images, ({ counts }) => counts[severity][kind]).map((value) => ({
            labels: { ...labels, severity, fixable: String(kind === 'fixable') },
            value,
          })),
        ),
      ),
  },
  {
    name: 'patchway_findings_exploited',
    help: 'Findings in what the workload runs that are known to be exploited, without those that the policy accepts.',
    samples: ({ labels, images }) => count(images, ({ counts }) => counts.exploited).map((value) => ({ labels, value })),
  },
  {
    name: 'patchway_gate_closes_timestamp_seconds',
    help: 'When the first deadline of a finding in what the workload runs passes.',
    samples: ({ labels, images }) => {
      const times = known(images, ({ scan }) => (scan?.current ? scan.found.gateClosesAt : undefined)).map(epochSeconds);
      return times.length === 0 ? [] : [{ labels, value: Math.min(...times) }];
    },
  },
  {
    name: 'patchway_finding_due_timestamp_seconds',
    help: 'When the first deadline of a finding of this severity in what the workload runs passes.',
    samples: ({ labels, images }) => {
      const first = new Map<FindingSeverity, number>();
      for (const { severity, failsAt } of images.flatMap(({ scan }) => (scan?.current ? scan.found.findings : []))) {
        if (failsAt !== undefined) first.set(severity, Math.min(epochSeconds(failsAt), first.get(severity) ?? Number.POSITIVE_INFINITY));
      }
      return bySeverity(labels, first);
    },
  },
  {
    name: 'patchway_fix_latency_seconds',
    help: 'How long the fixes that the last change of the workload brought, within 30 days, had been released; the longest of each severity.',
    samples: ({ labels, latencies }) => bySeverity(labels, new Map([...latencies].map(([severity, length]) => [severity, length / 1000]))),
  },
  {
    name: 'patchway_end_of_life',
    help: 'A distribution in what the workload runs whose end of life has come.',
    samples: ({ labels, images }) => {
      const ended = new Set(known(images, ({ scan }) => scan?.found.endOfLife));
      return [...ended].sort().map((distribution) => ({ labels: { ...labels, distribution }, value: 1 }));
    },
  },
  {
    name: 'patchway_images_unpinned',
    help: 'Images of the workload that are named without a digest, so that what runs may change at any time.',
    samples: ({ labels, images, drifted }) =>
      drifted === undefined ? [] : [{ labels, value: images.filter(({ digest }) => digest === undefined).length }],
  },
  {
    name: 'patchway_image_info',
    help: 'An image that the workload runs.',
    samples: ({ labels, images }) => images.flatMap((image) => identity(image).map((id) => ({ labels: { ...labels, ...id }, value: 1 }))),
  },
  {
    name: 'patchway_image_released_timestamp_seconds',
    help: 'When an image that the workload runs was released.',
    samples: ({ labels, images }) =>
      images.flatMap(({ releasedAt, ...image }) =>
        releasedAt === undefined ? [] : identity(image).map((id) => ({ labels: { ...labels, ...id }, value: epochSeconds(releasedAt) })),
      ),
  },
  {
    name: 'patchway_base_behind',
    help: 'Whether the base that an image of the workload was built on has moved on since.',
    samples: (facts) => bases(facts, ({ behind }) => (behind === undefined ? undefined : Number(behind))),
  },
  {
    name: 'patchway_base_behind_since_timestamp_seconds',
    help: 'Since when the base that an image of the workload was built on has had a newer build.',
    samples: (facts) => bases(facts, ({ behindSince }) => secondsOf(behindSince)),
  },
  {
    name: 'patchway_base_released_timestamp_seconds',
    help: 'When the base that an image of the workload was built on was released.',
    samples: (facts) => bases(facts, ({ releasedAt }) => secondsOf(releasedAt)),
  },
  {
    name: 'patchway_drift',
    help: 'Whether the workload runs an image that neither the lock nor a promotion named.',
    samples: ({ labels, drifted }) => (drifted === undefined ? [] : [{ labels, value: drifted ? 1 : 0 }]),
  },
];

function bySeverity(labels: WorkloadFacts['labels'], values: ReadonlyMap<FindingSeverity, number>): readonly Sample[] {
  return FINDING_SEVERITIES.flatMap((severity) => {
    const value = values.get(severity);
    return value === undefined ? [] : [{ labels: { ...labels, severity }, value }];
  });
}

/** What is known of the images' bases; each of their labels' sets is there once, as each image is. */
function bases({ labels, images }: WorkloadFacts, of: (base: ScannedBase) => number | undefined): readonly Sample[] {
  return images.flatMap(({ scan, ...image }) => {
    const base = scan?.found.base;
    const value = base === undefined ? undefined : of(base);
    if (base === undefined || value === undefined) return [];
    return identity(image).map((id) => ({ labels: { ...labels, ...id, base: base.name }, value }));
  });
}

type ScannedBase = NonNullable<ScannedDigest['base']>;

function secondsOf(at: string | undefined): number | undefined {
  return at === undefined ? undefined : epochSeconds(at);
}

/** A sum over all images. Where a scan is missing or incomplete it is only a lower bound: served above zero, never as zero. */
function count(images: readonly RunningImage[], of: (scan: ScannedDigest) => number): readonly number[] {
  const scans = known(images, ({ scan }) => scan?.found);
  const sum = scans.reduce((total, scan) => total + of(scan), 0);
  const all = scans.length === images.length && scans.every(({ complete }) => complete);
  return sum > 0 || (all && images.length > 0) ? [sum] : [];
}

function known<T>(images: readonly RunningImage[], of: (image: RunningImage) => T | undefined): readonly T[] {
  return images.map(of).filter((value) => value !== undefined);
}

function identity({ repository, digest }: RunningImage): readonly Readonly<Record<'repository' | 'digest', string>>[] {
  return digest === undefined ? [] : [{ repository, digest }];
}
