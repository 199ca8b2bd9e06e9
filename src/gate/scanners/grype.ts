import type { Finding, Report } from '../finding.js';
import { type Identity, identitiesOf, packageName, sorted } from '../identity.js';
import { earliest } from '../instant.js';
import { date, isObject, items, type JsonNode, member, number, requiredText, text, texts, unexpected } from '../json.js';
import { mostSevere } from '../severity.js';
import { imageIdentity } from './image.js';
import { ratingsInLists } from './ratings.js';
import { type ScannerFormat, severityAt } from './scanner.js';

/** Grype's JSON: the one with fix dates, known exploitation and EPSS (0.86 and later, each where the release writes it). */
export const grype: ScannerFormat = {
  kind: 'grype',
  name: 'Grype',
  capabilities: { fixReleased: true, published: false, exploited: true, epss: true },
  command: 'grype IMAGE --output json --file FILE',
  recognises: (document) => 'matches' in document && isObject(document.descriptor) && document.descriptor.name === 'grype',
  read,
};

function read(report: JsonNode): Report {
  const matches = member(report, 'matches');
  if (matches !== undefined && !Array.isArray(matches.value)) throw unexpected(matches, 'a list');
  const descriptor = member(report, 'descriptor');
  const version = descriptor && text(descriptor, 'version');
  const createdAt = descriptor && date(descriptor, 'timestamp');
  const databaseBuiltAt = descriptor && databaseDate(descriptor);
  return {
    scanner: 'grype',
    ...(version === undefined ? {} : { scannerVersion: version }),
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(databaseBuiltAt === undefined ? {} : { databaseBuiltAt }),
    ...sourceIdentity(report),
    findings: items(report, 'matches').flatMap(matchFindings),
  };
}

/** `db.status.built` since 0.88, `db.built` before. */
function databaseDate(descriptor: JsonNode): string | undefined {
  const database = member(descriptor, 'db');
  const status = database && (member(database, 'status') ?? database);
  return status && isObject(status.value) ? date(status, 'built') : undefined;
}

/** A directory's or an SBOM's target is a path or something else of its own; an image's is an object. */
function sourceIdentity(report: JsonNode) {
  const source = member(report, 'source');
  const target = source && member(source, 'target');
  if (target === undefined) return imageIdentity(undefined, []);
  if (typeof target.value === 'string') return imageIdentity(target.value, []);
  refuseForeignSbom(target);
  return imageIdentity(text(target, 'userInput'), texts(target, 'repoDigests'), text(target, 'manifestDigest'));
}

/**
 * Grype (0.110) finds nothing in the distribution's packages of an SBOM that Trivy made, and exits 0: it does not
 * understand how Trivy writes the distribution. What was not looked at must not count as clean.
 * @throws where the image's id is as in Trivy's CycloneDX or SPDX; Syft's is a digest or a name of its own
 */
function refuseForeignSbom(target: JsonNode): void {
  const id = text(target, 'imageID');
  if (id === undefined || !/^(pkg:oci\/|ContainerImage-)/.test(id)) return;
  throw unexpected({ value: id, key: 'imageID', parent: target }, "the id of an image, or of Syft's SBOM of one", OWN_SBOM);
}

const OWN_SBOM =
  'Grype overlooks findings in an SBOM that Trivy made. Give it one that Syft made, or scan this one with "trivy sbom SBOM".';

function matchFindings(match: JsonNode): readonly Finding[] {
  const vulnerability = object(match, 'vulnerability');
  const artifact = object(match, 'artifact');
  const related = items(match, 'relatedVulnerabilities');
  const purl = text(artifact, 'purl');
  const name = packageName(requiredText(artifact, 'name'), purl);
  const upstream = items(artifact, 'upstreams')[0];
  const found = {
    package: (upstream && text(upstream, 'name')) ?? name,
    packages: [name],
    ...(purl === undefined ? {} : { purls: [purl] }),
    version: text(artifact, 'version') ?? '',
    ...fixOf(vulnerability),
    scanners: ['grype'],
  } as const;
  const ids = related.map((other) => requiredText(other, 'id'));
  return identitiesOf(requiredText(vulnerability, 'id'), ids).map((identity) => ({
    ...identity,
    ...found,
    ...ratingOf(identity, vulnerability, related),
  }));
}

function fixOf(vulnerability: JsonNode): Pick<Finding, 'fixedIn' | 'fixReleasedAt'> {
  const fix = member(vulnerability, 'fix');
  if (fix === undefined) return { fixedIn: [] };
  const available = items(fix, 'available');
  const versions = [...texts(fix, 'versions'), ...available.flatMap((release) => text(release, 'version') ?? [])];
  const fixedIn = versions.length === 0 && text(fix, 'state') === 'fixed' ? ['a later version'] : sorted(versions);
  const fixReleasedAt = earliest(...available.map((release) => date(release, 'date')));
  return fixReleasedAt === undefined ? { fixedIn } : { fixedIn, fixReleasedAt };
}

/**
 * Severity, exploitation, EPSS and CVSS of one vulnerability. Where the matched source has no severity, its related entry
 * (mostly NVD's) does; an advisory's exploitation and EPSS entries say which of its CVEs they are about.
 */
function ratingOf(
  { id, aliases }: Identity,
  vulnerability: JsonNode,
  related: readonly JsonNode[],
): Pick<Finding, 'severity' | 'exploited' | 'kevAddedAt' | 'epss' | 'cvss'> {
  const same = related.filter((other) => isAbout(text(other, 'id'), id, aliases));
  const own = severityAt(vulnerability, 'severity');
  const severity = own === 'unknown' ? same.map((other) => severityAt(other, 'severity')).reduce(mostSevere, own) : own;
  const entriesOf = (key: string) =>
    [vulnerability, ...same].flatMap((node) => items(node, key)).filter((entry) => isAbout(text(entry, 'cve'), id, aliases));
  const exploitations = entriesOf('knownExploited');
  const kevAddedAt = earliest(...exploitations.map((entry) => date(entry, 'dateAdded')));
  const cvss = ratingsInLists([vulnerability, ...same]);
  const scores = entriesOf('epss').flatMap((entry) => number(entry, 'epss') ?? []);
  return {
    severity,
    exploited: exploitations.length > 0,
    ...(kevAddedAt === undefined ? {} : { kevAddedAt }),
    ...(scores.length === 0 ? {} : { epss: Math.max(...scores) }),
    ...(cvss === undefined ? {} : { cvss }),
  };
}

function isAbout(name: string | undefined, id: string, aliases: readonly string[]): boolean {
  return name === undefined || name === id || aliases.includes(name);
}

function object(node: JsonNode, key: string): JsonNode {
  const found = member(node, key);
  if (found === undefined || !isObject(found.value)) {
    throw unexpected(found ?? { value: undefined, key, parent: node }, 'an object');
  }
  return found;
}
