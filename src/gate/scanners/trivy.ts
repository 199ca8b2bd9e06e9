import type { Finding, Report } from '../finding.js';
import { identitiesOf, packageName, sorted } from '../identity.js';
import { date, items, type JsonNode, member, number, requiredText, text, texts, unexpected } from '../json.js';
import { imageIdentity } from './image.js';
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
  const metadata = member(report, 'Metadata');
  const release = member(report, 'Trivy');
  const version = release && text(release, 'Version');
  const createdAt = date(report, 'CreatedAt');
  return {
    scanner: 'trivy',
    ...(version === undefined ? {} : { scannerVersion: version }),
    ...(createdAt === undefined ? {} : { createdAt }),
    ...imageIdentity(text(report, 'ArtifactName'), metadata === undefined ? [] : texts(metadata, 'RepoDigests')),
    findings: items(report, 'Results').flatMap(resultFindings),
  };
}

/** A result is one set of packages: the distribution's, or those of one language or lock file. */
function resultFindings(result: JsonNode): readonly Finding[] {
  const vulnerabilities = items(result, 'Vulnerabilities');
  if (vulnerabilities.length === 0) return [];
  const sources = sourcePackages(result);
  return vulnerabilities.flatMap((vulnerability) => vulnerabilityFindings(vulnerability, sources));
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

function vulnerabilityFindings(vulnerability: JsonNode, sources: ReadonlyMap<string, string>): readonly Finding[] {
  const identifier = member(vulnerability, 'PkgIdentifier');
  const name = packageName(requiredText(vulnerability, 'PkgName'), identifier && text(identifier, 'PURL'));
  const publishedAt = date(vulnerability, 'PublishedDate');
  const found = {
    package: sources.get(text(vulnerability, 'PkgID') ?? '') ?? name,
    packages: [name],
    version: text(vulnerability, 'InstalledVersion') ?? '',
    severity: severityAt(vulnerability, 'Severity'),
    fixedIn: sorted((text(vulnerability, 'FixedVersion') ?? '').split(/\s*,\s*/).filter((version) => version !== '')),
    ...(publishedAt === undefined ? {} : { publishedAt }),
    exploited: false,
    scanners: ['trivy'],
  } as const;
  return identitiesOf(requiredText(vulnerability, 'VulnerabilityID'), texts(vulnerability, 'VendorIDs')).map((identity) => ({
    ...identity,
    ...found,
  }));
}
