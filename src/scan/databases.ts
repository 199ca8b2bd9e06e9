import type { ImageLock } from '../lock/lock.js';
import { type AgentMount, agentContainer, agentPod } from '../manifest/agent-pod.js';
import type { Manifest, Metadata } from '../manifest/manifest.js';
import { shortHash } from '../manifest/names.js';
import type { PolicyDocument } from '../policy/policy.js';
import { podScanners } from './engines.js';
import { FILES, scratchOf } from './files.js';
import { POD_SLACK } from './pod.js';
import { caVolume, databasesVolume } from './pod-volumes.js';
import { downloadContainer } from './scanner-container.js';

/** Copying is done by the kernel: Node takes 50 MB. */
const RESOURCES = { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '256Mi' } } as const;

/** A mirror that was away for a moment costs no run. */
const RETRIES = 2;

/**
 * The CronJob that downloads the scanners' databases onto the volume that the policy names, four times a day: Trivy's is
 * published every six hours, Grype's daily. The scanners download beside it, one after the other, and the agent puts
 * what is whole onto the volume.
 */
export function databasesCronJob(policy: PolicyDocument, metadata: Metadata, lock: ImageLock, mount: AgentMount): Manifest {
  const { scan } = policy;
  const { labels } = metadata;
  const scanners = podScanners(scan);
  const scratch = scanners.map(({ scanner: { kind } }) => ({ name: kind, mountPath: scratchOf(kind), readOnly: true }));
  const seconds = scanners.length * Math.ceil(scan.timeout / 1000) + POD_SLACK;
  const volume = { name: 'databases', mountPath: FILES.databases };
  const spec = agentPod(mount, metadata.name, {
    restartPolicy: 'Never',
    activeDeadlineSeconds: seconds,
    terminationGracePeriodSeconds: 5,
    initContainers: scanners.map((scanner) => downloadContainer(scan, scanner, lock)),
    containers: [agentContainer(mount, { command: 'databases', resources: RESOURCES, mounts: [volume, ...scratch] })],
    volumes: [...scanners.map(({ scanner: { kind } }) => ({ name: kind, emptyDir: {} })), ...databasesVolume(scan), ...caVolume(scan)],
  });
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata,
    spec: {
      schedule: `${Number.parseInt(shortHash(policy.name), 16) % 60} */6 * * *`,
      timeZone: policy.timeZone,
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds: 3600,
      successfulJobsHistoryLimit: scan.keep,
      failedJobsHistoryLimit: scan.keep,
      jobTemplate: {
        metadata: { labels },
        spec: { backoffLimit: RETRIES, activeDeadlineSeconds: seconds * (1 + RETRIES), template: { metadata: { labels }, spec } },
      },
    },
  };
}
