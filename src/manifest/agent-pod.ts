import type { Resources } from '../policy/policy.js';
import type { Container, EnvVar, PodSpec } from './manifest.js';

/** What a pod of the agent mounts: a stock Node image, the bundle and the stage's configuration, each by ConfigMap name. */
export interface AgentMount {
  readonly image: string;
  readonly bundle: string;
  readonly config: string;
}

/** An arbitrary user without a name on any node; the same for every container, so that they share volumes. */
const USER = 65532;

/** Pod-level security context under the Pod Security Standard "restricted". */
export const restrictedPod = {
  runAsNonRoot: true,
  runAsUser: USER,
  runAsGroup: USER,
  fsGroup: USER,
  seccompProfile: { type: 'RuntimeDefault' },
} as const;

/** Container-level security context under "restricted", with a read-only root. */
export const restrictedContainer = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
} as const;

export type AgentCommand = 'fetch' | 'scan' | 'databases' | 'promote' | 'verify' | 'export';

export interface AgentContainerOptions {
  readonly command: AgentCommand;
  readonly resources: Resources;
  /** @default no arguments */
  readonly args?: readonly string[];
  /** @default none but the pod's name and namespace */
  readonly env?: readonly EnvVar[];
  /** Mounts beside the agent's own. @default none */
  readonly mounts?: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
  /** More fields of the container: ports, probes. @default none */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** A container that runs one command of the agent; it alone in its pod holds the service account's token. */
export function agentContainer(mount: AgentMount, options: AgentContainerOptions): Container {
  return {
    name: options.command,
    image: mount.image,
    imagePullPolicy: 'IfNotPresent',
    command: ['node', '/patchway/agent/agent.mjs', options.command, ...(options.args ?? [])],
    env: [
      { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
      ...(options.env ?? []),
    ],
    resources: options.resources,
    securityContext: restrictedContainer,
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [
      { name: 'agent', mountPath: '/patchway/agent', readOnly: true },
      { name: 'config', mountPath: '/patchway/config', readOnly: true },
      { name: 'token', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', readOnly: true },
      ...(options.mounts ?? []),
    ],
    ...options.fields,
  };
}

/** The volumes that `agentContainer` mounts. */
export function agentVolumes(mount: AgentMount): readonly Record<string, unknown>[] {
  return [
    { name: 'agent', configMap: { name: mount.bundle } },
    { name: 'config', configMap: { name: mount.config } },
    {
      name: 'token',
      projected: {
        sources: [
          { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
          { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        ],
      },
    },
  ];
}

/**
 * A pod spec around containers of the agent. The token is not mounted by Kubernetes into every container,
 * but by `agentContainer` into those that need it.
 */
export function agentPod(
  mount: AgentMount,
  serviceAccountName: string,
  spec: PodSpec & { readonly volumes?: readonly unknown[] },
): PodSpec {
  return {
    serviceAccountName,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: restrictedPod,
    ...spec,
    volumes: [...agentVolumes(mount), ...(spec.volumes ?? [])],
  };
}
