import type { Finding, Report } from '../finding.js';
import { identitiesOf, packageName, sorted } from '../identity.js';
import { date, each, flag, items, type JsonNode, member, number, requiredText, text, texts, unexpected } from '../json.js';
import { once } from '../once.js';
import { imageIdentity } from './image.js';
import { type KnownRatings, ratingsBySource } from './ratings.js';
import { type ScannerFormat, severityAt } from './scanner.js';

/** Trivy's JSON, schema version 2 (0.20 and later). It dates publication, never a fix. */
export const trivy: ScannerFormat = {
  kind: 'trivy',
  name: 'Trivy',
  capabilities: { fixReleased: false, published: true, exploited: false, epss: false },
  command: 'trivy image --format json --output FILE IMAGE',
  recognises: (document) => typeof document.SchemaVersion === 'number' && !('ClusterName' in document),
  read,
};

function read(report: JsonNode): Report {
  if (number(report, 'SchemaVersion') !== 2) {
    throw unexpected(member(report, 'SchemaVersion') ?? report, '2', 'Scan again with Trivy 0.20 or later.');
  }
  const sbom = SBOM_TYPES.includes(text(report, 'ArtifactType') ?? '');
  if (sbom) refuseForeignSbom(report);
  const metadata = member(report, 'Metadata');
  const release = member(report, 'Trivy');
  const version = release && text(release, 'Version');
  const createdAt = date(report, 'CreatedAt');
  return {
    scanner: 'trivy',
    ...(version === undefined ? {} : { scannerVersion: version }),
    ...(createdAt === undefined ? {} : { createdAt }),
    ...endOfLife(metadata),
    ...imageIdentity(imageName(report, sbom), metadata === undefined ? [] : texts(metadata, 'RepoDigests')),
    findings: resultsFindings(report),
  };
}

/** Trivy compares the distribution's date with its clock when it scans. */
function endOfLife(metadata: JsonNode | undefined): Pick<Report, 'endOfLife'> {
  const system = metadata && member(metadata, 'OS');
  if (system === undefined || flag(system, 'EOSL') !== true) return {};
  const name = [text(system, 'Family'), text(system, 'Name')].filter((part) => part !== undefined).join(' ');
  return { endOfLife: name === '' ? 'the distribution' : name };
}

const SBOM_TYPES = ['cyclonedx', 'spdx'];

/** The name of an SBOM's image is in its metadata: the report itself is named by the SBOM's file. */
function imageName(report: JsonNode, sbom: boolean): string | undefined {
  const metadata = sbom ? member(report, 'Metadata') : undefined;
  return (metadata && (text(metadata, 'Reference') ?? texts(metadata, 'RepoTags')[0])) ?? text(report, 'ArtifactName');
}

/**
 * Trivy (0.74) loses what it needs to know from Syft's SBOMs, without a word: the distribution from SPDX, and source
 * packages, which most distributions' advisories name, from both. What was not looked at must not count as clean.
 * @throws where the report shows it
 */
function refuseForeignSbom(report: JsonNode): void {
  const metadata = member(report, 'Metadata');
  const system = metadata && member(metadata, 'OS');
  const results = items(report, 'Results');
  if (system && text(system, 'Family') === 'none' && results.length === 0) {
    throw unexpected({ value: 'none', key: 'Family', parent: system }, 'a distribution', OWN_SBOM);
  }
  for (const item of results.flatMap((result) => items(result, 'Packages'))) {
    const identifier = member(item, 'Identifier');
    const purl = identifier && text(identifier, 'PURL');
    if (purl !== undefined && /[?&]upstream=/.test(purl)) throw unexpected(item, 'a package that Trivy knows the source of', OWN_SBOM);
  }
}

const OWN_SBOM =
  'Trivy overlooks findings in an SBOM that another program made. Give it one that Trivy made, or scan this one with "grype sbom:SBOM".';

/** A result is one set of packages: the distribution's, or those of one language or lock file. */
function resultsFindings(report: JsonNode): readonly Finding[] {
  const findings: Finding[] = [];
  const repeated: Repeated = { list: once((text) => [text]), versions: once(versionsIn), ratings: new Map() };
  for (const result of items(report, 'Results')) {
    const sources = sourcePackages(result);
    for (const vulnerability of each(result, 'Vulnerabilities')) addFindings(findings, vulnerability, sources, repeated);
  }
  return findings;
}

/** Source package by package id: vulnerabilities name the binary package only. Releases before 0.57 list no packages by default. */
function sourcePackages(result: JsonNode): ReadonlyMap<string, string> {
  const sources = new Map<string, string>();
  for (const item of items(result, 'Packages')) {
    const id = text(item, 'ID');
    const source = text(item, 'SrcName');
    if (id !== undefined && source !== undefined) sources.set(id, source);
  }
  return sources;
}

/** What the findings of a large report have in common is made once: that costs less than as many equal lists. */
interface Repeated {
  readonly list: (text: string) => readonly string[];
  readonly versions: (written: string) => readonly string[];
  readonly ratings: KnownRatings;
}

function addFindings(findings: Finding[], vulnerability: JsonNode, sources: ReadonlyMap<string, string>, repeated: Repeated): void {
  const identifier = member(vulnerability, 'PkgIdentifier');
  const purl = identifier && text(identifier, 'PURL');
  const name = packageName(requiredText(vulnerability, 'PkgName'), purl);
  const source = sources.get(text(vulnerability, 'PkgID') ?? '') ?? name;
  const version = text(vulnerability, 'InstalledVersion') ?? '';
  const severity = severityAt(vulnerability, 'Severity');
  const fixedIn = repeated.versions(text(vulnerability, 'FixedVersion') ?? '');
  const publishedAt = date(vulnerability, 'PublishedDate');
  const related = texts(vulnerability, 'VendorIDs');
  const cvss = ratingsBySource(vulnerability, repeated.ratings);
  for (const { id, aliases } of identitiesOf(requiredText(vulnerability, 'VulnerabilityID'), related)) {
    const finding: Writable = {
      id,
      aliases,
      package: source,
      packages: repeated.list(name),
      version,
      severity,
      fixedIn,
      exploited: false,
      scanners: TRIVY,
    };
    if (publishedAt !== undefined) finding.publishedAt = publishedAt;
    if (cvss !== undefined) finding.cvss = cvss;
    if (purl !== undefined) finding.purls = repeated.list(purl);
    findings.push(finding);
  }
}

/** A finding that is being made: adding what is known costs less than spreading it, which counts in large reports. */
type Writable = { -readonly [K in keyof Finding]: Finding[K] };

const TRIVY = ['trivy'] as const;

/** `1.2.3, 2.0.1`: one for each line of releases. */
function versionsIn(written: string): readonly string[] {
  return sorted(written.split(/\s*,\s*/).filter((version) => version !== ''));
}
