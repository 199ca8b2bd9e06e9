import type { Evidence } from '../../gate/evidence.js';
import type { FirstSeen } from '../../gate/finding.js';
import { decodeFirstSeen, encodeFirstSeen } from '../../gate/first-seen.js';
import { parseEvidence } from '../../gate/parse-evidence.js';
import type { AgentContext } from '../context.js';
import { recordOf } from '../registry/credentials.js';
import { changeConfigMap, type Place } from './config-map.js';

/** What the ConfigMap of a repository holds. */
export interface Stored {
  /** Absent before the first scan. */
  readonly evidence?: Evidence;
  readonly firstSeen: FirstSeen;
}

/**
 * Changes a repository's evidence.
 * @returns what was stored
 * @throws where the ConfigMap is missing, unreadable, or never at rest
 */
export async function store(
  context: Pick<AgentContext, 'cluster' | 'sleep'>,
  place: Place,
  change: (stored: Stored) => Required<Stored>,
): Promise<Required<Stored>> {
  return changeConfigMap(context, place, 'the evidence', (configMap) => {
    const result = change(read(configMap, place.name));
    const data = { ...recordOf(configMap.data), evidence: JSON.stringify(result.evidence) };
    const binaryData = { ...recordOf(configMap.binaryData), firstSeen: encodeFirstSeen(result.firstSeen) };
    return { result, fields: { data, binaryData } };
  });
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
