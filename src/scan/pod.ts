import type { ImageLock } from '../lock/lock.js';
import { type AgentMount, agentContainer, agentPod } from '../manifest/agent-pod.js';
import type { PodSpec } from '../manifest/manifest.js';
import type { ScanTarget } from '../manifest/stage-config.js';
import type { ScanPolicy } from '../policy/policy.js';
import { podReporters, podScanners, serverScanners } from './engines.js';
import { FILES, scratchOf } from './files.js';
import { caVolume, databasesVolume, directoryOf, secretsOf, secretsVolume, webhooksVolume } from './pod-volumes.js';
import { scannerContainer } from './scanner-container.js';

/** What a pod may take beyond the policy's time for one image, in seconds: pulling the tools' images, writing evidence. */
export const POD_SLACK = 180;

/** Measured: Node itself takes 50 MB, two reports of 36 MB with 12,000 findings 220 MB. */
const RESOURCES = { requests: { cpu: '50m', memory: '96Mi' }, limits: { memory: '768Mi' } } as const;

/** The compressed image, on the node's disk until the pod ends. */
const LAYOUT_SPACE = { 'ephemeral-storage': '1Gi' } as const;

/** The pod that scans one image: `fetch` first, then the scanners beside one another, and `scan` waiting for their end. */
export function scanPod(
  scan: ScanPolicy,
  targets: readonly ScanTarget[],
  lock: ImageLock,
  mount: AgentMount,
  serviceAccount: string,
  webhooks: readonly string[] = [],
): PodSpec {
  const work = { name: 'work', mountPath: FILES.work };
  const ca = scan.registryCa === undefined ? [] : [{ name: 'ca', mountPath: directoryOf(FILES.ca), readOnly: true }];
  const secrets = secretsOf(scan, targets);
  const registry = secrets.length === 0 ? [] : [{ name: 'registry', mountPath: FILES.credentials, readOnly: true }];
  const reporters = podReporters(scan);
  const scratch = reporters.map(({ name }) => ({ name, mountPath: scratchOf(name), readOnly: true }));
  const kept = databasesVolume(scan);
  const databases = kept.length === 0 ? [] : [{ name: 'databases', mountPath: FILES.databases, readOnly: true }];
  // `fetch` leads each scanner to its database: it is the one that knows which is the newest.
  const led =
    scan.cache === undefined ? [] : podScanners(scan).map(({ scanner: { kind } }) => ({ name: kind, mountPath: scratchOf(kind) }));
  // Asked for by `scan` too: a pod's request is that of its containers or of its init containers, whichever is more.
  const resources = reporters.length === 0 ? RESOURCES : { ...RESOURCES, requests: { ...RESOURCES.requests, ...LAYOUT_SPACE } };
  const servers = serverScanners(scan).length > 0;
  const webhook = webhooks.length === 0 ? [] : [{ name: 'webhooks', mountPath: FILES.webhooks, readOnly: true }];
  // Whoever asks a server has to tell it how layers are fetched.
  const asking = [...(servers ? registry : []), ...webhook, ...(servers || webhooks.length > 0 ? ca : [])];
  return agentPod(mount, serviceAccount, {
    restartPolicy: 'Never',
    activeDeadlineSeconds: podSeconds(scan),
    // Nothing here has anything to finish: what is stored is stored at once.
    terminationGracePeriodSeconds: 5,
    initContainers: [agentContainer(mount, { command: 'fetch', resources, mounts: [work, ...led, ...databases, ...registry, ...ca] })],
    containers: [
      agentContainer(mount, { command: 'scan', resources, mounts: [{ ...work, readOnly: true }, ...scratch, ...databases, ...asking] }),
      ...reporters.map((reporter) => scannerContainer(scan, reporter, lock)),
    ],
    volumes: [
      { name: 'work', emptyDir: {} },
      ...reporters.map(({ name }) => ({ name, emptyDir: {} })),
      ...kept,
      ...secretsVolume(secrets),
      ...webhooksVolume(webhooks),
      ...caVolume(scan),
    ],
  });
}

/** How long one pod may live, in seconds. */
export function podSeconds({ timeout }: ScanPolicy): number {
  return Math.ceil(timeout / 1000) + POD_SLACK;
}
