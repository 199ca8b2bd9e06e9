import type { ImageLock } from '../lock/lock.js';
import type { AgentMount } from '../manifest/agent-pod.js';
import type { Manifest, Metadata } from '../manifest/manifest.js';
import type { ScanTarget } from '../manifest/stage-config.js';
import type { PolicyDocument, ScanPolicy } from '../policy/policy.js';
import { podSeconds, scanPod } from './pod.js';

/**
 * A run that could not start on time starts as long as this after it was due, in seconds: a day. Runs never overlap, so
 * one that is due while the last is still at work waits for it, and one missed while the control plane was away is made
 * up for; of several missed ones only the last starts. A short deadline would skip them without a word. That a schedule of
 * every few minutes can miss more than 100 starts in a day costs an event, no run (pkg/controller/cronjob/utils.go).
 */
const STARTING_DEADLINE = 24 * 3600;

/** Each image is tried twice: a registry or a mirror that was away for a moment costs no run. */
const RETRIES_PER_IMAGE = 1;

/** The CronJob whose Jobs scan the targets, one index each. */
export function scanCronJob(
  policy: PolicyDocument,
  metadata: Metadata,
  targets: readonly ScanTarget[],
  lock: ImageLock,
  mount: AgentMount,
  webhooks: readonly string[],
): Manifest {
  const { scan } = policy;
  const { labels } = metadata;
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata,
    spec: {
      schedule: scan.schedule,
      timeZone: policy.timeZone,
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds: STARTING_DEADLINE,
      successfulJobsHistoryLimit: scan.keep,
      failedJobsHistoryLimit: scan.keep,
      jobTemplate: {
        metadata: { labels },
        spec: {
          completionMode: 'Indexed',
          completions: targets.length,
          parallelism: Math.min(scan.parallelism, targets.length),
          backoffLimitPerIndex: RETRIES_PER_IMAGE,
          activeDeadlineSeconds: jobSeconds(scan, targets.length),
          template: { metadata: { labels }, spec: scanPod(scan, targets, lock, mount, metadata.name, webhooks) },
        },
      },
    },
  };
}

/**
 * The longest that a run can take, in seconds: every pod until its own deadline, twice. A Job with a pod that is never
 * scheduled would otherwise stay for ever, and with it, as runs never overlap, hold up all later ones.
 */
function jobSeconds(scan: ScanPolicy, targets: number): number {
  return Math.ceil(targets / scan.parallelism) * podSeconds(scan) * (1 + RETRIES_PER_IMAGE);
}
