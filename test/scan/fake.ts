import type { AgentContext } from '../../src/agent/context.js';
import { type Cluster, ConflictError, type KubernetesObject } from '../../src/agent/kubernetes.js';
import type { StageConfig } from '../../src/manifest/stage-config.js';

type Stored = Readonly<Record<string, unknown>>;

/** A cluster in memory that gives out versions and refuses writes with an old one. */
export class FakeCluster implements Pick<Cluster, 'get' | 'replace'> {
  readonly objects = new Map<string, Stored>();
  readonly asked: string[] = [];
  /** Called before each write, so that a test can come in between. */
  beforeReplace: (path: string) => void = () => {};
  #version = 0;

  put(path: string, object: Stored): void {
    this.#version += 1;
    const name = path.slice(path.lastIndexOf('/') + 1);
    this.objects.set(path, { ...object, metadata: { ...(object.metadata as object), name, resourceVersion: String(this.#version) } });
  }

  async get(path: string): Promise<KubernetesObject | undefined> {
    this.asked.push(path);
    return structuredClone(this.objects.get(path)) as KubernetesObject | undefined;
  }

  async replace(path: string, body: unknown): Promise<KubernetesObject> {
    this.beforeReplace(path);
    const given = body as KubernetesObject;
    const stored = this.objects.get(path) as KubernetesObject | undefined;
    if (given.metadata.resourceVersion !== stored?.metadata.resourceVersion) throw new ConflictError('the object has been modified');
    this.put(path, given);
    return given;
  }
}

/** The world of a pod in a test: time passes only by sleeping. */
export function fakeContext(cluster: object, config: StageConfig, start: number, env: Readonly<Record<string, string | undefined>> = {}) {
  const lines: string[] = [];
  const clock = { now: start };
  const context: AgentContext = {
    config,
    cluster: cluster as Cluster,
    env: { JOB_COMPLETION_INDEX: '0', POD_NAME: 'scan-0', POD_NAMESPACE: 'shop-staging', ...env },
    now: () => clock.now,
    sleep: async (milliseconds) => {
      // What is under way and needs no time comes first.
      await new Promise((resolve) => setImmediate(resolve));
      clock.now += milliseconds;
    },
    log: (line) => lines.push(line),
  };
  return { context, lines, clock };
}
