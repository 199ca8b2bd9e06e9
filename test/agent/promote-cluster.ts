import type { AgentContext } from '../../src/agent/context.js';
import { type Cluster, ConflictError, type KubernetesObject } from '../../src/agent/kubernetes.js';
import type { Evidence } from '../../src/gate/evidence.js';
import { KNOWN } from '../../src/manifest/labels.js';
import { names } from '../../src/manifest/names.js';
import type { StageConfig } from '../../src/manifest/stage-config.js';
import { PatchwayError } from '../../src/problem.js';
import type { PromotionState } from '../../src/promotion/state.js';
import { at, digest, image, NOW, production, REFERENCE, SECOND, workload } from '../promotion/support.js';
import { policy } from '../rules/storefront.js';

export const STAGING = 'storefront-staging';
export const PRODUCTION = 'storefront';
export const NAME = 'patchway-promotion-production';
export const paths = {
  deployment: (namespace: string, name: string) => `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`,
  configMap: (namespace: string, name: string) => `/api/v1/namespaces/${namespace}/configmaps/${name}`,
  lease: `/apis/coordination.k8s.io/v1/namespaces/${PRODUCTION}/leases/${NAME}`,
  state: `/api/v1/namespaces/${PRODUCTION}/configmaps/${NAME}`,
  guard: `/api/v1/namespaces/${PRODUCTION}/serviceaccounts/patchway-guard-production`,
} as const;

interface FakeDeployment {
  readonly namespace: string;
  readonly name: 'web' | 'api';
  image: string;
  generation: number;
  /** Epoch milliseconds. */
  changedAt: number;
}

const ROLLOUT = 5 * SECOND;

/**
 * An API server with two workloads in two stages, and a clock. Rollouts take five seconds; images named `broken` never
 * become available. `before` sees every request first, and may throw: then nothing has happened; what `after` throws is
 * an answer that was lost.
 */
export class FakeCluster implements Cluster {
  now = NOW;
  readonly objects = new Map<string, KubernetesObject>();
  readonly deployments = new Map<string, FakeDeployment>();
  readonly broken = new Set<string>();
  readonly requests: string[] = [];
  /** Images as they were put in place, in order. */
  readonly applied: string[] = [];
  before: (request: string) => void = () => {};
  after: (request: string) => void = () => {};
  #version = 1;

  constructor() {
    for (const [namespace, letters] of [
      [STAGING, ['B', 'Y']],
      [PRODUCTION, ['A', 'X']],
    ] as const) {
      this.deploy(namespace, 'web', letters[0]);
      this.deploy(namespace, 'api', letters[1]);
    }
    for (const path of [paths.state, paths.lease]) this.put(path, {});
    this.annotate(paths.guard, { [KNOWN.lock]: [digest('A'), digest('X')].join('\n') });
    this.scanned({ web: ['A', 'B'], api: ['X', 'Y'] });
  }

  deploy(namespace: string, name: 'web' | 'api', letter: string): void {
    const path = paths.deployment(namespace, name);
    const generation = (this.deployments.get(path)?.generation ?? 0) + 1;
    const { tag, digest: sha } = image(letter);
    const reference = REFERENCE[name];
    const repository = reference.slice(0, reference.lastIndexOf(':'));
    this.deployments.set(path, { namespace, name, image: `${repository}:${tag}@${sha}`, generation, changedAt: this.now - 60 * SECOND });
  }

  /** Clean evidence in staging for images by letter. */
  scanned(images: Readonly<Record<'web' | 'api', readonly string[]>>): void {
    for (const name of ['web', 'api'] as const) {
      const repository = `ghcr.io/acme/${name}`;
      const none = { fixable: 0, unfixable: 0 };
      const scan = {
        platforms: {},
        scannedAt: at(this.now),
        complete: true,
        scanners: [{ kind: 'grype', status: 'ok' }] as const,
        counts: { critical: none, high: none, medium: none, low: none, unknown: none, exploited: 0 },
        findings: [],
      };
      const digests = Object.fromEntries(images[name].map((letter) => [digest(letter), scan]));
      const evidence: Evidence = { schemaVersion: 1, policyHash: policy.hash, repository, digests };
      this.put(paths.configMap(STAGING, names.evidence(repository)), { data: { evidence: JSON.stringify(evidence) } });
    }
  }

  put(path: string, body: Readonly<Record<string, unknown>>): void {
    this.objects.set(path, {
      ...body,
      metadata: { name: path.slice(path.lastIndexOf('/') + 1), resourceVersion: String(this.#version++) },
    });
  }

  /** Adds annotations to an object, which may be a new one. */
  annotate(path: string, annotations: object): void {
    const { metadata } = this.objects.get(path) ?? {};
    this.put(path, {});
    const object = this.objects.get(path)!;
    const all = { ...(metadata?.annotations as object), ...annotations };
    this.objects.set(path, { ...object, metadata: { ...object.metadata, annotations: all } });
  }

  get state(): PromotionState | undefined {
    const { data } = this.objects.get(paths.state) as { readonly data?: { readonly state?: string } };
    return data?.state === undefined ? undefined : JSON.parse(data.state);
  }

  /** `web`'s image in a stage, by letter. */
  runs(namespace: string, name: 'web' | 'api'): string {
    const { image: written = '' } = this.deployments.get(paths.deployment(namespace, name)) ?? {};
    return ['A', 'B', 'C', 'X', 'Y', 'Z'].find((letter) => written.endsWith(digest(letter))) ?? written;
  }

  get(path: string): Promise<KubernetesObject | undefined> {
    return this.#handle(`GET ${path}`, () => {
      const deployment = this.deployments.get(path);
      return deployment === undefined ? this.objects.get(path) : this.#deployment(deployment);
    });
  }

  create(path: string, body: unknown): Promise<KubernetesObject> {
    return this.#handle(`POST ${path}`, () => {
      if (!path.endsWith('/events')) throw new Error('promotion creates nothing but Events');
      const event = body as KubernetesObject;
      const place = `${path}/${event.metadata.name}`;
      if (this.objects.has(place)) throw new ConflictError(`POST ${path}: it exists already`);
      this.objects.set(place, event);
      return event;
    });
  }

  /** Events as they were made: what happened, and where. */
  get events(): readonly string[] {
    const made = [...this.objects].filter(([path]) => path.includes('/events/'));
    return made.map(([path, { reason, type }]) => `${path.split('/')[4]} ${String(reason)} ${String(type)}`);
  }

  replace(path: string, body: KubernetesObject): Promise<KubernetesObject> {
    return this.#handle(`PUT ${path}`, () => {
      const found = this.objects.get(path);
      if (found?.metadata.resourceVersion !== body.metadata.resourceVersion)
        throw new ConflictError(`PUT ${path}: it was written meanwhile`);
      this.put(path, body);
      return this.objects.get(path)!;
    });
  }

  edit(): Promise<KubernetesObject> {
    return Promise.reject(new Error('promotion edits no Deployment'));
  }

  remove(): Promise<void> {
    return Promise.reject(new Error('promotion deletes no Deployment'));
  }

  apply(path: string, body: unknown, options: { readonly fieldManager: string; readonly force: boolean }): Promise<KubernetesObject> {
    return this.#handle(`PATCH ${path}`, () => {
      const found = this.objects.get(path);
      if (found !== undefined) {
        const { metadata } = body as KubernetesObject;
        if (found.metadata.resourceVersion !== metadata.resourceVersion) throw new ConflictError(`PATCH ${path}: it was written meanwhile`);
        this.annotate(path, metadata.annotations as object);
        return this.objects.get(path)!;
      }
      const deployment = this.deployments.get(path)!;
      const { containers } = (body as { spec: { template: { spec: { containers: readonly { image: string }[] } } } }).spec.template.spec;
      const wanted = containers[0]!.image;
      if (!options.force || options.fieldManager !== 'patchway-promotion') throw new Error('not as the promoter applies');
      if (wanted !== deployment.image) {
        Object.assign(deployment, { image: wanted, generation: deployment.generation + 1, changedAt: this.now });
        this.applied.push(`${deployment.name} ${this.runs(deployment.namespace, deployment.name)}`);
      }
      return this.#deployment(deployment);
    });
  }

  async #handle<T>(request: string, act: () => T): Promise<T> {
    this.requests.push(request);
    this.before(request);
    const answer = act();
    this.after(request);
    return answer;
  }

  #deployment({ namespace, name, image: written, generation, changedAt }: FakeDeployment): KubernetesObject {
    const sha = written.slice(written.indexOf('@') + 1);
    const done = this.now - changedAt >= ROLLOUT && !(namespace === PRODUCTION && this.broken.has(sha));
    const last = done ? changedAt + ROLLOUT : changedAt;
    return {
      metadata: { name, generation },
      spec: { replicas: 2, template: { spec: { containers: [{ name, image: written }] } } },
      status: {
        observedGeneration: generation,
        replicas: done ? 2 : 3,
        updatedReplicas: done ? 2 : 1,
        availableReplicas: 2,
        conditions: [{ type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable', lastUpdateTime: at(last) }],
      },
    };
  }
}

/** No soak, a short deadline, both workloads. */
export function stageConfig(changes: { readonly soak?: number } = {}): StageConfig {
  const stage = { ...production, soak: changes.soak ?? 0 };
  return {
    schemaVersion: 1,
    policy: { ...policy, rollout: { ...policy.rollout, progressDeadline: 60 * SECOND }, stages: [policy.stages[0]!, stage] },
    stage: 'production',
    workloads: [workload('web', 'A'), workload('api', 'X')],
  };
}

export interface World extends Pick<AgentContext, 'config' | 'cluster' | 'now' | 'sleep' | 'log'> {
  readonly logged: string[];
}

export function worldOf(cluster: FakeCluster, config: StageConfig = stageConfig()): World {
  const logged: string[] = [];
  return {
    config,
    cluster,
    logged,
    now: () => cluster.now,
    sleep: async (ms) => {
      cluster.now += ms;
    },
    log: (line) => logged.push(line),
  };
}

/** How a pod ends when it is killed: nothing of it runs any more, not even its cleaning up. */
export class Killed extends PatchwayError {}
