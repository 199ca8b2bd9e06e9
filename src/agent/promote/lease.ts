import { dig } from '../../manifest/dig.js';
import { PatchwayError } from '../../problem.js';
import { type Cluster, ConflictError, type KubernetesObject } from '../kubernetes.js';

/** The right to promote, as long as it is renewed. */
export interface HeldLease {
  /** Keeps it; cheap to call often. @throws ConflictError where somebody else has taken it */
  renew(): Promise<void>;
  /** Gives it back, where it is still held. */
  release(): Promise<void>;
}

export interface LeaseOptions {
  readonly cluster: Pick<Cluster, 'get' | 'replace'>;
  readonly namespace: string;
  readonly name: string;
  /** Who takes it: the same for every pod of one Job, of which only one runs at a time. */
  readonly identity: string;
  /** For how long it is held without being renewed. */
  readonly seconds: number;
  now(): number;
}

/**
 * Takes the Lease that lets one promoter work at a time.
 * @returns the lease, or who holds it and until when (epoch milliseconds)
 * @throws where there is no such Lease
 */
export async function takeLease(options: LeaseOptions): Promise<HeldLease | { readonly heldBy: string; readonly until: number }> {
  const { cluster, namespace, name, identity } = options;
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${name}`;
  const found = await cluster.get(path);
  if (found === undefined) {
    throw new PatchwayError(`there is no Lease ${namespace}/${name}. Apply the manifests that synthesis wrote: it is one of them.`);
  }
  const holder = holderOf(found);
  if (holder !== undefined && holder.heldBy !== identity && options.now() < holder.until) return holder;
  try {
    return await held(options, path, found);
  } catch (error) {
    if (error instanceof ConflictError) return { heldBy: 'another run that was quicker', until: options.now() + options.seconds * 1000 };
    throw error;
  }
}

async function held(options: LeaseOptions, path: string, found: KubernetesObject): Promise<HeldLease> {
  const { cluster, identity, seconds, now } = options;
  const acquireTime = microTime(now());
  const taken = (at: number) => ({ holderIdentity: identity, leaseDurationSeconds: seconds, acquireTime, renewTime: microTime(at) });
  let renewedAt = now();
  let lease = await cluster.replace(path, { ...found, spec: taken(renewedAt) });
  return {
    async renew() {
      if (now() - renewedAt < (seconds * 1000) / 10) return;
      renewedAt = now();
      lease = await cluster.replace(path, { ...lease, spec: taken(renewedAt) });
    },
    async release() {
      await cluster.replace(path, { ...lease, spec: { leaseDurationSeconds: seconds } });
    },
  };
}

function holderOf(lease: KubernetesObject): { readonly heldBy: string; readonly until: number } | undefined {
  const heldBy = dig(lease, 'spec', 'holderIdentity');
  const renewTime = dig(lease, 'spec', 'renewTime');
  const seconds = dig(lease, 'spec', 'leaseDurationSeconds');
  if (typeof heldBy !== 'string' || heldBy === '' || typeof renewTime !== 'string' || typeof seconds !== 'number') return undefined;
  return { heldBy, until: Date.parse(renewTime) + seconds * 1000 };
}

/** Kubernetes' MicroTime has six digits. */
function microTime(at: number): string {
  return new Date(at).toISOString().replace('Z', '000Z');
}
