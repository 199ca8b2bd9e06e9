import type { Evidence } from '../../gate/evidence.js';
import type { FirstSeen } from '../../gate/finding.js';
import { decodeFirstSeen, encodeFirstSeen } from '../../gate/first-seen.js';
import { parseEvidence } from '../../gate/parse-evidence.js';
import { PatchwayError } from '../../problem.js';
import type { AgentContext } from '../context.js';
import { ConflictError } from '../kubernetes.js';
import { recordOf } from '../registry/credentials.js';

/** What the ConfigMap of a repository holds. */
export interface Stored {
  /** Absent before the first scan. */
  readonly evidence?: Evidence;
  readonly firstSeen: FirstSeen;
}

const TRIES = 6;

/**
 * Reads a repository's evidence, changes it and writes it back, unless somebody wrote it meanwhile. Elsewhere a conflict
 * ends the run; here another index of the same Job may just have stored its scan of another digest of this repository,
 * and what this scan adds is right beside whatever that one added. So it is read and merged again, a few times.
 * @returns what was stored
 * @throws where the ConfigMap is missing, unreadable, or never at rest
 */
export async function store(
  context: Pick<AgentContext, 'cluster' | 'sleep'>,
  place: { readonly namespace: string; readonly name: string },
  change: (stored: Stored) => Required<Stored>,
): Promise<Required<Stored>> {
  const path = `/api/v1/namespaces/${place.namespace}/configmaps/${place.name}`;
  for (let tries = 1; ; tries += 1) {
    const configMap = await context.cluster.get(path);
    if (configMap === undefined) throw new PatchwayError(missing(place));
    const changed = change(read(configMap, place.name));
    const body = {
      ...configMap,
      data: { ...recordOf(configMap.data), evidence: JSON.stringify(changed.evidence) },
      binaryData: { ...recordOf(configMap.binaryData), firstSeen: encodeFirstSeen(changed.firstSeen) },
    };
    try {
      await context.cluster.replace(path, body);
      return changed;
    } catch (error) {
      if (!(error instanceof ConflictError) || tries === TRIES) throw error;
      await context.sleep(100 * 2 ** tries);
    }
  }
}

function read(configMap: Readonly<Record<string, unknown>>, name: string): Stored {
  const { evidence: json } = recordOf(configMap.data);
  const { firstSeen } = recordOf(configMap.binaryData);
  const evidence = parseEvidence(typeof json === 'string' ? json : undefined, `ConfigMap ${name}, data.evidence`);
  return {
    ...(evidence === undefined ? {} : { evidence }),
    firstSeen: decodeFirstSeen(typeof firstSeen === 'string' ? firstSeen : undefined, `ConfigMap ${name}, binaryData.firstSeen`),
  };
}

function missing({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `there is no ConfigMap ${namespace}/${name} to store the evidence in. Apply the manifests that synthesis wrote: it is one of them, without data.`;
}
