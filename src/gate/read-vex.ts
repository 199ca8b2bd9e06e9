import { badInput } from '../problem.js';
import { parseInstant, toInstant } from './instant.js';
import {
  date,
  entries,
  items,
  type JsonNode,
  member,
  oneOf,
  required,
  requiredDate,
  requiredText,
  root,
  text,
  texts,
  unexpected,
} from './json.js';
import { type Purl, parsePurl } from './purl.js';
import { VEX_CONTEXT, VEX_JUSTIFICATIONS, VEX_STATUSES, type VexComponent, type VexProduct, type VexStatement } from './vex.js';

/**
 * Reads the statements of an OpenVEX document, version 0.2.0.
 *
 * @param source the file, for errors and for the verdict.
 * @throws PatchwayError (65) that names file, JSON path and reason
 * @see https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md
 */
export function readVex(json: string, source: string): readonly VexStatement[] {
  const document = root(parsed(json, source), source);
  const context = requiredText(document, '@context');
  if (context !== VEX_CONTEXT) {
    throw unexpected({ value: context, key: '@context', parent: document }, VEX_CONTEXT, 'Only OpenVEX 0.2.0 is read: write it again.');
  }
  const writtenAt = requiredDate(document, 'timestamp');
  required(document, 'statements');
  return items(document, 'statements').map((node) => statement(node, writtenAt, source));
}

function parsed(json: string, source: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    const message = `This is not whole JSON (${error instanceof Error ? error.message : String(error)}).`;
    throw badInput(source, [{ path: '', message, severity: 'error', file: source }]);
  }
}

function statement(node: JsonNode, writtenAt: string, source: string): VexStatement {
  const vulnerability = required(node, 'vulnerability');
  const status = oneOf(node, 'status', VEX_STATUSES);
  const justification = text(node, 'justification') === undefined ? undefined : oneOf(node, 'justification', VEX_JUSTIFICATIONS);
  const [impact, notes] = [text(node, 'impact_statement'), text(node, 'status_notes')];
  if (status === 'not_affected' && justification === undefined && impact === undefined) {
    const hint = 'Say why: without a justification or an impact_statement, not_affected excuses nothing.';
    throw unexpected({ value: undefined, key: 'justification', parent: node }, 'a justification or an impact_statement', hint);
  }
  return {
    source,
    at: date(node, 'timestamp') ?? writtenAt,
    vulnerability: [requiredText(vulnerability, 'name'), ...texts(vulnerability, 'aliases')],
    status,
    reason: [justification?.replaceAll('_', ' '), impact].filter((part) => part !== undefined).join(': ') || status.replaceAll('_', ' '),
    products: items(node, 'products').map(product),
    ...acceptance(node, notes),
  };
}

/**
 * What `patchway vex` notes of an exception. OpenVEX knows no end of a status, and a note that was spoilt must not turn
 * an exception into one for ever.
 */
function acceptance(node: JsonNode, notes: string | undefined): Pick<VexStatement, 'accepted'> {
  if (notes === undefined || !/^accepted by /i.test(notes)) return {};
  const match = /^Accepted by (.+) until (\S+)\.$/.exec(notes);
  const end = parseInstant(match?.[2] ?? '');
  const by = match?.[1];
  if (end === undefined || by === undefined) {
    throw unexpected({ value: notes, key: 'status_notes', parent: node }, "'Accepted by NAME until 2027-01-31T00:00:00Z.'");
  }
  return { accepted: { by, expires: toInstant(end) } };
}

function product(node: JsonNode): VexProduct {
  const digests = entries(node, 'hashes').flatMap(([algorithm, hash]) =>
    /^sha-?256$/i.test(algorithm) && typeof hash.value === 'string' ? [`sha256:${hash.value.toLowerCase()}`] : [],
  );
  return { ...component(node), digests, subcomponents: items(node, 'subcomponents').map(component) };
}

function component(node: JsonNode): VexComponent {
  const identifiers = member(node, 'identifiers');
  const written = [text(node, '@id'), identifiers && text(identifiers, 'purl')];
  return {
    purls: written.map((purl) => (purl === undefined ? undefined : parsePurl(purl))).filter((purl): purl is Purl => purl !== undefined),
  };
}
