import type { Container, Deployment, EnvVar, Manifest, Probe } from '../manifest/manifest.js';
import { annotationsOf, type WorkloadOptions } from '../manifest/workload-options.js';
import type { Resources } from '../policy/policy.js';
import { NAME_LABEL } from './labels.js';

export interface Port {
  /** Its name in the Service and in probes. */
  readonly name: string;
  /** The container's port. */
  readonly port: number;
  /** The Service's port. @default the container's */
  readonly servicePort?: number;
  /** @default TCP */
  readonly protocol?: 'TCP' | 'UDP' | 'SCTP';
}

/** A request that is answered with a status below 400. */
export interface HttpProbe {
  /** Path: `/healthz`. */
  readonly http: string;
  /** Name or number. @default the first port */
  readonly port?: string | number;
}

/** A volume with its mount: `{name: 'tmp', mountPath: '/tmp', emptyDir: {}}`. Any other field is the volume's source. */
export interface Volume {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly?: boolean;
  readonly [source: string]: unknown;
}

/** A workload as its author writes it. Becomes a Deployment, and a Service where it has ports. */
export interface Workload extends WorkloadOptions {
  /** Of the Deployment and of what belongs to it. */
  readonly name: string;
  /** As the image lock names it: `ghcr.io/acme/web:1.4`. */
  readonly image: string;
  /** @default none: no Service */
  readonly ports?: readonly Port[];
  /** When a pod may get requests, and when a rollout may go on. */
  readonly readiness: HttpProbe | Probe;
  /** When a container is to be restarted. @default none */
  readonly liveness?: HttpProbe | Probe;
  /** By name: a text, or where the value comes from (`{secretKeyRef: {name, key}}`). @default none */
  readonly env?: Readonly<Record<string, string | Readonly<Record<string, unknown>>>>;
  /** @default none */
  readonly resources?: Resources;
  /** Where the stage names no number. @default Kubernetes': 1 */
  readonly replicas?: number;
  /** @default the image's entry point */
  readonly command?: readonly string[];
  /** @default the image's arguments */
  readonly args?: readonly string[];
  /** The root is read-only: what the program writes to is a volume. @default none */
  readonly volumes?: readonly Volume[];
  /** Names of Secrets with a registry's credentials. @default none */
  readonly pullSecrets?: readonly string[];
  /** User and group that it runs as. @default 65532 */
  readonly user?: number;
}

const USER = 65532;

/** The plain objects of a workload: its Deployment, and the Service of its ports. */
export function workloadManifests(workload: Workload): { readonly deployment: Deployment; readonly service?: Manifest } {
  const ports = workload.ports ?? [];
  return { deployment: deploymentOf(workload), ...(ports.length === 0 ? {} : { service: serviceOf(workload.name, ports) }) };
}

function deploymentOf(workload: Workload): Deployment {
  const { name, replicas, volumes = [], pullSecrets = [], user = USER } = workload;
  const labels = { [NAME_LABEL]: name };
  const annotations = annotationsOf(workload);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          securityContext: { runAsUser: user, runAsGroup: user, fsGroup: user },
          ...(pullSecrets.length === 0 ? {} : { imagePullSecrets: pullSecrets.map((secret) => ({ name: secret })) }),
          containers: [containerOf(workload)],
          ...(volumes.length === 0
            ? {}
            : { volumes: volumes.map(({ name, mountPath: _path, readOnly: _readOnly, ...source }) => ({ name, ...source })) }),
        },
      },
    },
  };
}

function containerOf(workload: Workload): Container {
  const { name, image, command, args, ports = [], env = {}, resources, readiness, liveness, volumes = [] } = workload;
  return {
    name,
    image,
    ...(command === undefined ? {} : { command }),
    ...(args === undefined ? {} : { args }),
    ...(ports.length === 0 ? {} : { ports: ports.map(({ name, port, protocol = 'TCP' }) => ({ name, containerPort: port, protocol })) }),
    ...(Object.keys(env).length === 0 ? {} : { env: Object.entries(env).map(variable) }),
    ...(resources === undefined ? {} : { resources }),
    readinessProbe: probeOf(readiness, ports),
    ...(liveness === undefined ? {} : { livenessProbe: probeOf(liveness, ports) }),
    ...(volumes.length === 0
      ? {}
      : {
          volumeMounts: volumes.map(({ name, mountPath, readOnly }) => ({
            name,
            mountPath,
            ...(readOnly === undefined ? {} : { readOnly }),
          })),
        }),
  };
}

function variable([name, value]: readonly [string, string | Readonly<Record<string, unknown>>]): EnvVar {
  return typeof value === 'string' ? { name, value } : { name, valueFrom: value };
}

function probeOf(probe: HttpProbe | Probe, ports: readonly Port[]): Probe {
  if (!isHttp(probe)) return probe;
  return { httpGet: { path: probe.http, port: probe.port ?? ports[0]?.name ?? 80 } };
}

function isHttp(probe: HttpProbe | Probe): probe is HttpProbe {
  return typeof probe.http === 'string';
}

function serviceOf(name: string, ports: readonly Port[]): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, labels: { [NAME_LABEL]: name } },
    spec: {
      selector: { [NAME_LABEL]: name },
      ports: ports.map(({ name, port, servicePort = port, protocol = 'TCP' }) => ({ name, port: servicePort, targetPort: name, protocol })),
    },
  };
}
