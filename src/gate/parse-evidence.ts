import type { Anchor, ScannerKind, Severity } from '../policy/policy.js';
import { badInput } from '../problem.js';
import type { BaseEvidence } from './base-evidence.js';
import type { DigestEvidence, Evidence, EvidenceFinding, ScannerRun } from './evidence.js';
import type { JudgedFinding } from './finding.js';
import {
  date,
  entries,
  flag,
  items,
  type JsonNode,
  member,
  number,
  oneOf,
  required,
  requiredDate,
  requiredText,
  root,
  text,
  texts,
  unexpected,
} from './json.js';

/**
 * Reads a repository's stored evidence; nothing stored yet is undefined. Of another schema version only the version is
 * read, which makes its verdict unknown until the next scan. A release that changes the format reads the one before it
 * here, so that nothing has to be scanned again because of an upgrade.
 *
 * @throws PatchwayError (65) that names `source`, JSON path and reason for anything else
 */
export function parseEvidence(json: string | undefined, source = 'evidence'): Evidence | undefined {
  if (json === undefined || json.trim() === '') return undefined;
  const evidence = root(parsed(json, source), source);
  const schemaVersion = number(evidence, 'schemaVersion');
  if (schemaVersion === undefined) throw unexpected({ value: undefined, key: 'schemaVersion', parent: evidence }, 'a number', RESCAN);
  if (schemaVersion !== 1) return { schemaVersion, policyHash: '', repository: '', digests: {} };
  return {
    schemaVersion,
    policyHash: requiredText(evidence, 'policyHash'),
    repository: requiredText(evidence, 'repository'),
    digests: Object.fromEntries(entries(having(evidence, 'digests'), 'digests').map(([digest, node]) => [digest, scan(node)])),
  };
}

const RESCAN = "Delete the ConfigMap's data and scan again.";

function parsed(json: string, source: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    const message = `This is not whole JSON (${error instanceof Error ? error.message : String(error)}).`;
    throw badInput(source, [{ path: '', message, hint: RESCAN, severity: 'error' }]);
  }
}

function scan(node: JsonNode): DigestEvidence {
  const [gateClosesAt, endOfLife] = [date(node, 'gateClosesAt'), text(node, 'endOfLife')];
  const [base, cut] = [member(node, 'base'), member(node, 'cut')];
  return {
    platforms: Object.fromEntries(entries(node, 'platforms').map(([platform, digest]) => [platform, asText(digest)])),
    scannedAt: requiredDate(node, 'scannedAt'),
    complete: flag(node, 'complete') ?? false,
    scanners: items(node, 'scanners').map(scannerRun),
    counts: countsAt(node),
    ...(gateClosesAt === undefined ? {} : { gateClosesAt }),
    ...(endOfLife === undefined ? {} : { endOfLife }),
    ...(base === undefined ? {} : { base: baseAt(base) }),
    findings: items(having(node, 'findings'), 'findings').map(finding),
    ...(cut === undefined ? {} : { cut: cutAt(cut) }),
  };
}

function scannerRun(node: JsonNode): ScannerRun {
  const [version, message, databaseBuiltAt] = [text(node, 'version'), text(node, 'message'), date(node, 'databaseBuiltAt')];
  return {
    kind: oneOf<ScannerKind>(node, 'kind', ['trivy', 'grype', 'clair']),
    ...(version === undefined ? {} : { version }),
    status: oneOf<ScannerRun['status']>(node, 'status', ['ok', 'failed', 'timeout']),
    ...(message === undefined ? {} : { message }),
    ...(databaseBuiltAt === undefined ? {} : { databaseBuiltAt }),
  };
}

function countsAt(node: JsonNode): DigestEvidence['counts'] {
  const counts = required(node, 'counts');
  const cell = (severity: Severity | 'unknown') => {
    const found = member(counts, severity);
    return { fixable: (found && number(found, 'fixable')) ?? 0, unfixable: (found && number(found, 'unfixable')) ?? 0 };
  };
  return {
    critical: cell('critical'),
    high: cell('high'),
    medium: cell('medium'),
    low: cell('low'),
    unknown: cell('unknown'),
    exploited: number(counts, 'exploited') ?? 0,
  };
}

const ANCHORS: readonly (Anchor | 'releasedAt' | 'asOf')[] = ['fixReleased', 'detected', 'published', 'kevAdded', 'releasedAt', 'asOf'];

function finding(node: JsonNode): EvidenceFinding {
  const [anchorAt, deadline, failsAt] = [date(node, 'anchorAt'), date(node, 'deadline'), date(node, 'failsAt')];
  const anchor: JudgedFinding['anchor'] = member(node, 'anchor') === undefined ? undefined : oneOf(node, 'anchor', ANCHORS);
  return {
    id: requiredText(node, 'id'),
    aliases: texts(node, 'aliases'),
    package: requiredText(node, 'package'),
    version: text(node, 'version') ?? '',
    severity: oneOf(node, 'severity', ['critical', 'high', 'medium', 'low', 'unknown']),
    fixedIn: texts(node, 'fixedIn'),
    exploited: flag(node, 'exploited') ?? false,
    ...(anchor === undefined ? {} : { anchor }),
    ...(anchorAt === undefined ? {} : { anchorAt }),
    ...(deadline === undefined ? {} : { deadline }),
    ...(failsAt === undefined ? {} : { failsAt }),
  };
}

function baseAt(node: JsonNode): BaseEvidence {
  const [behind, behindSince, releasedAt] = [flag(node, 'behind'), date(node, 'behindSince'), date(node, 'releasedAt')];
  return {
    name: requiredText(node, 'name'),
    ...(behind === undefined ? {} : { behind }),
    ...(behindSince === undefined ? {} : { behindSince }),
    ...(releasedAt === undefined ? {} : { releasedAt }),
  };
}

function cutAt(node: JsonNode): NonNullable<DigestEvidence['cut']> {
  const firstFailsAt = date(node, 'firstFailsAt');
  return { count: number(node, 'count') ?? 0, ...(firstFailsAt === undefined ? {} : { firstFailsAt }) };
}

function asText(node: JsonNode): string {
  if (typeof node.value !== 'string') throw unexpected(node, 'a text');
  return node.value;
}

/** The same node, once it is sure that it has the member: without its findings a scan would look clean. */
function having(node: JsonNode, key: string): JsonNode {
  required(node, key);
  return node;
}
