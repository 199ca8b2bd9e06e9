import { badInput } from '../problem.js';
import { isObject, items, type JsonNode, member, requiredText, root, text, unexpected } from './json.js';

/** CISA's decision points about one vulnerability (SSVC). What several records say about it is worst for worst. */
export interface Ssvc {
  readonly exploitation?: 'none' | 'poc' | 'active';
  readonly automatable?: boolean;
  readonly total?: boolean;
}

/** Decision points by CVE. */
export type Vulnrichment = ReadonlyMap<string, Ssvc>;

/**
 * Reads CISA's Vulnrichment data: a CVE record (JSON 5), or a list of them. Records without decision points say nothing.
 *
 * @throws PatchwayError (65) that names source, JSON path and reason, for anything else
 * @see https://github.com/cisagov/vulnrichment
 */
export function readVulnrichment(json: string, source: string): Vulnrichment {
  const document = root(parsed(json, source), source);
  const records = Array.isArray(document.value)
    ? document.value.map((value, key): JsonNode => ({ value, key, parent: document }))
    : [document];
  return mergeVulnrichment(records.map(recordAt));
}

/** Several files as one; where they differ about a vulnerability, the worst counts. */
export function mergeVulnrichment(parts: readonly Vulnrichment[]): Vulnrichment {
  const merged = new Map<string, Ssvc>();
  for (const part of parts) for (const [id, ssvc] of part) merged.set(id, worst(merged.get(id), ssvc));
  return merged;
}

function parsed(json: string, source: string): unknown {
  try {
    return JSON.parse(json.replace(/^\uFEFF/, ''));
  } catch (error) {
    const message = `This is not whole JSON (${error instanceof Error ? error.message : String(error)}).`;
    throw badInput(source, [
      { path: '', message, hint: 'Name CVE records of github.com/cisagov/vulnrichment.', file: source, severity: 'error' },
    ]);
  }
}

function recordAt(record: JsonNode): Vulnrichment {
  const metadata = isObject(record.value) ? member(record, 'cveMetadata') : undefined;
  if (metadata === undefined) throw unexpected(record, 'a CVE record with cveMetadata');
  const id = requiredText(metadata, 'cveId');
  const containers = member(record, 'containers');
  const adp = containers === undefined ? [] : items(containers, 'adp');
  const found = adp.flatMap((container) => items(container, 'metrics')).flatMap((metric) => decisionsAt(metric) ?? []);
  return new Map(found.length === 0 ? [] : [[id, found.reduce(worst)]]);
}

function decisionsAt(metric: JsonNode): Ssvc | undefined {
  const other = member(metric, 'other');
  const content = other !== undefined && text(other, 'type') === 'ssvc' ? member(other, 'content') : undefined;
  if (content === undefined) return undefined;
  const option = <T>(name: string, values: Readonly<Record<string, T>>): T | undefined => {
    for (const node of items(content, 'options')) {
      const written = text(node, name);
      if (written === undefined) continue;
      const value = values[written.toLowerCase()];
      if (value !== undefined) return value;
      throw unexpected({ value: written, key: name, parent: node }, `one of ${Object.keys(values).join(', ')}`);
    }
    return undefined;
  };
  const exploitation = option('Exploitation', { none: 'none', poc: 'poc', active: 'active' } as const);
  const automatable = option('Automatable', { yes: true, no: false });
  const total = option('Technical Impact', { total: true, partial: false });
  return {
    ...(exploitation === undefined ? {} : { exploitation }),
    ...(automatable === undefined ? {} : { automatable }),
    ...(total === undefined ? {} : { total }),
  };
}

const EXPLOITATION = ['none', 'poc', 'active'] as const;

function worst(a: Ssvc | undefined, b: Ssvc): Ssvc {
  if (a === undefined) return b;
  const exploitation = [...EXPLOITATION].reverse().find((level) => level === a.exploitation || level === b.exploitation);
  const automatable = either(a.automatable, b.automatable);
  const total = either(a.total, b.total);
  return {
    ...(exploitation === undefined ? {} : { exploitation }),
    ...(automatable === undefined ? {} : { automatable }),
    ...(total === undefined ? {} : { total }),
  };
}

function either(a: boolean | undefined, b: boolean | undefined): boolean | undefined {
  return a === undefined || b === undefined ? (a ?? b) : a || b;
}
