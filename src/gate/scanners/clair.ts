import type { Finding, Report } from '../finding.js';
import { type Identity, identitiesOf, isCve, packageName, sorted } from '../identity.js';
import { earliest } from '../instant.js';
import { date, entries, items, type JsonNode, member, number, requiredText, text, unexpected } from '../json.js';
import { mostSevere } from '../severity.js';
import { imageIdentity } from './image.js';
import { type ScannerFormat, severityAt } from './scanner.js';

/**
 * Clair's vulnerability report (4.9), as `clairctl` writes it and its matcher answers. It dates publication, never a
 * fix. Exploitation and EPSS are read where a server adds them, which Clair 4.9 by itself does not.
 */
export const clair: ScannerFormat = {
  kind: 'clair',
  name: 'Clair',
  capabilities: { fixReleased: false, published: true, exploited: false, epss: false },
  command: 'clairctl report --out json IMAGE > FILE',
  recognises: (document) => 'manifest_hash' in document && 'package_vulnerabilities' in document,
  read,
};

function read(report: JsonNode): Report {
  const packages = byName(report, 'packages');
  const vulnerabilities = byName(report, 'vulnerabilities');
  const enrichments = enrichmentsIn(report);
  return {
    scanner: 'clair',
    ...imageIdentity(undefined, [], text(report, 'manifest_hash')),
    findings: entries(report, 'package_vulnerabilities').flatMap(([id, list]) =>
      elements(list).flatMap((reference) => {
        const vulnerability = named(vulnerabilities, reference, "the id of one of the report's vulnerabilities");
        const affected = named(packages, { ...list, value: id }, "the id of one of the report's packages");
        return findingsOf(vulnerability, affected, enrichments(String(reference.value)));
      }),
    ),
  };
}

function findingsOf(vulnerability: JsonNode, affected: JsonNode, records: Enrichments): readonly Finding[] {
  const publishedAt = date(vulnerability, 'issued');
  const source = member(affected, 'source');
  const name = normalName(requiredText(affected, 'name'), vulnerability);
  return identities(vulnerability).map((identity) => ({
    ...identity,
    package: (source && text(source, 'name')) ?? name,
    packages: [name],
    version: text(affected, 'version') ?? '',
    fixedIn: fixesIn(text(vulnerability, 'fixed_in_version')),
    ...(publishedAt === undefined ? {} : { publishedAt }),
    ...ratingOf(identity, vulnerability, records),
    scanners: ['clair'],
  }));
}

/** The package's repository says that it is of PyPI, where scanners write names differently; others agree on theirs. */
function normalName(name: string, vulnerability: JsonNode): string {
  const repository = member(vulnerability, 'repository');
  return packageName(name, repository && text(repository, 'name') === 'pypi' ? `pkg:pypi/${name}` : undefined);
}

const CVE = /CVE-\d{4}-\d{4,}/g;
const ALIAS = /https:\/\/osv\.dev\/vulnerability\/(\S+)/g;

/** Ubuntu's and Oracle's names go on after the identifier; other names of a vulnerability are among its links. */
function identities(vulnerability: JsonNode): readonly Identity[] {
  const id = (requiredText(vulnerability, 'name').trim().split(/\s/, 1)[0] ?? '').replace(/:$/, '');
  if (isCve(id)) return identitiesOf(id, []);
  const links = text(vulnerability, 'links') ?? '';
  const aliases = [...links.matchAll(ALIAS)].flatMap(([, alias]) => alias ?? []);
  return identitiesOf(id, aliases.length > 0 ? aliases : (links.match(CVE) ?? []));
}

/** A version, or for packages of languages a range as OSV has it: `fixed=1.2.3&introduced=0`. */
function fixesIn(written: string | undefined): readonly string[] {
  if (written === undefined) return [];
  return /^(fixed|introduced|lastAffected)=/.test(written) ? sorted(new URLSearchParams(written).getAll('fixed')) : [written];
}

/** What a server adds to one vulnerability from the NVD, the catalogue of exploited ones, and EPSS. */
type Enrichments = (enricher: 'cvss' | 'kev' | 'epss') => readonly JsonNode[];

/** Under each enricher's media type is a list of objects, and in these a list of records by vulnerability. */
function enrichmentsIn(report: JsonNode): (vulnerability: string) => Enrichments {
  const found = entries(report, 'enrichments').map(([type, list]) => ({ type, maps: elements(list) }));
  return (vulnerability) => (enricher) =>
    found
      .filter(({ type }) => type.includes(`enricher=clair.${enricher} `))
      .flatMap(({ maps }) => maps.flatMap((map) => items(map, vulnerability)));
}

function ratingOf(
  { id, aliases }: Identity,
  vulnerability: JsonNode,
  records: Enrichments,
): Pick<Finding, 'severity' | 'exploited' | 'kevAddedAt' | 'epss'> {
  const own = severityAt(vulnerability, 'normalized_severity');
  const severity =
    own === 'unknown'
      ? records('cvss')
          .map((record) => severityAt(record, 'baseSeverity'))
          .reduce(mostSevere, own)
      : own;
  const about = (record: JsonNode) => [id, ...aliases, undefined].includes(text(record, 'cve'));
  const exploitations = records('kev').filter(about);
  const kevAddedAt = earliest(...exploitations.map((record) => date(record, 'date_added')));
  const scores = records('epss')
    .filter(about)
    .flatMap((record) => number(record, 'epss') ?? []);
  return {
    severity,
    exploited: exploitations.length > 0,
    ...(kevAddedAt === undefined ? {} : { kevAddedAt }),
    ...(scores.length === 0 ? {} : { epss: Math.max(...scores) }),
  };
}

function byName(report: JsonNode, key: string): ReadonlyMap<string, JsonNode> {
  return new Map(entries(report, key));
}

/** A report that names what it does not hold is not whole: leaving it out would call it clean. */
function named(nodes: ReadonlyMap<string, JsonNode>, reference: JsonNode, expected: string): JsonNode {
  const found = typeof reference.value === 'string' ? nodes.get(reference.value) : undefined;
  if (found === undefined) throw unexpected(reference, expected);
  return found;
}

function elements(list: JsonNode): readonly JsonNode[] {
  if (list.value === null) return [];
  if (!Array.isArray(list.value)) throw unexpected(list, 'a list');
  return list.value.map((value: unknown, key) => ({ value, key, parent: list }));
}
