import type { ImageLock } from '../lock/lock.js';
import { toolImage } from '../lock/lookup.js';
import { restrictedContainer, restrictedPod } from '../manifest/agent-pod.js';
import { ownLabels } from '../manifest/labels.js';
import type { Manifest, Metadata } from '../manifest/manifest.js';
import { names } from '../manifest/names.js';
import { serviceAccount } from '../manifest/rbac.js';
import { ownImage } from '../manifest/remedy.js';
import type { WorkloadImage, WorkloadSummary } from '../manifest/stage-config.js';
import type { PolicyDocument, Stage } from '../policy/policy.js';

/** What the patches of one stage are made of. */
export interface CopaOptions {
  readonly policy: PolicyDocument;
  readonly stage: Stage;
  readonly workloads: readonly WorkloadSummary[];
  readonly lock: ImageLock;
}

/** How long a patch may take, in minutes: BuildKit fetches the image, updates its packages and pushes the result. Copa's own limit is 5. */
const MINUTES = 30;

/** Pulling the tool's image, in seconds. */
const SLACK = 180;

/** Copa itself only tells BuildKit what to do. */
const RESOURCES = { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '512Mi' } } as const;

const SUFFIX = '-patched';

/**
 * A suspended CronJob for each workload whose remedy is `copa` and that names a BuildKit: a person starts a Job from it, or
 * resumes it. Nothing in stages that come after others, as what was patched comes to them by promotion.
 * @throws PatchwayError (65) where one is needed and the lock names no image of Copa
 */
export function copaManifests({ policy, stage, workloads, lock }: CopaOptions): readonly Manifest[] {
  if (stage.after.length > 0) return [];
  const labels = ownLabels(policy.name, stage.name, 'copa');
  const { namespace } = stage;
  return workloads.flatMap((workload) => {
    const { remedy, buildkit } = workload;
    const image = ownImage(workload);
    if (remedy !== 'copa' || buildkit === undefined || image === undefined) return [];
    const name = names.copa(workload.name);
    const secret = workload.pushSecret ?? workload.pullSecrets?.[0] ?? policy.scan.registrySecret;
    const container = copaContainer(toolImage(lock, 'copa'), image, buildkit, secret !== undefined);
    return [serviceAccount(name, namespace, labels), cronJob(policy, { name, namespace, labels }, podSpec(name, container, secret))];
  });
}

/**
 * Patches what the lock names and pushes it under the lock's tag with `-patched`. Without a report Copa updates every
 * package of the distribution: what a report would name, and what is found tomorrow.
 * @see https://github.com/project-copacetic/copacetic/blob/main/pkg/patch/cmd.go
 */
function copaContainer(tool: string, { repository, tag, digest }: WorkloadImage, buildkit: string, authenticated: boolean) {
  const patched = tag.endsWith(SUFFIX) ? tag : `${tag}${SUFFIX}`;
  return {
    name: 'copa',
    image: tool,
    imagePullPolicy: 'IfNotPresent',
    command: ['copa', 'patch'],
    args: ['--image', `${repository}:${tag}@${digest}`, '--tag', patched, '--addr', buildkit, '--push', '--timeout', `${MINUTES}m`],
    env: [{ name: 'HOME', value: '/tmp' }, ...(authenticated ? [{ name: 'DOCKER_CONFIG', value: '/patchway/registry' }] : [])],
    resources: RESOURCES,
    securityContext: restrictedContainer,
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [
      { name: 'tmp', mountPath: '/tmp' },
      ...(authenticated ? [{ name: 'registry', mountPath: '/patchway/registry', readOnly: true }] : []),
    ],
  };
}

function podSpec(serviceAccountName: string, container: ReturnType<typeof copaContainer>, secret: string | undefined) {
  const items = [{ key: '.dockerconfigjson', path: 'config.json' }];
  return {
    serviceAccountName,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: restrictedPod,
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 5,
    containers: [container],
    volumes: [
      { name: 'tmp', emptyDir: {} },
      ...(secret === undefined ? [] : [{ name: 'registry', secret: { secretName: secret, defaultMode: 0o440, items } }]),
    ],
  };
}

/** On the schedule of the scans where somebody resumes it: it patches what they would find. */
function cronJob({ scan, timeZone }: PolicyDocument, metadata: Metadata, spec: ReturnType<typeof podSpec>): Manifest {
  const { labels } = metadata;
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata,
    spec: {
      suspend: true,
      schedule: scan.schedule,
      timeZone,
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds: 3600,
      successfulJobsHistoryLimit: scan.keep,
      failedJobsHistoryLimit: scan.keep,
      jobTemplate: {
        metadata: { labels },
        spec: {
          backoffLimit: 1,
          activeDeadlineSeconds: 2 * (MINUTES * 60 + SLACK),
          template: { metadata: { labels }, spec },
        },
      },
    },
  };
}
